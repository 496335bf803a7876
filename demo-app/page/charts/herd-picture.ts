import { html } from "../kit/dom.ts";

/** What the limit at negotiate does for a herd that no laptop holds. */
export function herdPicture(): HTMLElement[] {
  return [
    html(
      "p",
      { class: "muted" },
      "A million clients lose their region at the same moment, simulated by ",
      html("code", {}, "npm run herd"),
      ". Negotiate gives each a time of its own to ask again, as fast as the other region can take them; nobody is turned away.",
    ),
    html("img", {
      class: "herd",
      src: "./herd.svg",
      loading: "lazy",
      alt: "Negotiates, clients let in, and clients that wait, in each second of a failover of a million clients",
    }),
  ];
}
