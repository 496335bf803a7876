import { html, setAttributes, svg } from "../kit/dom.ts";
import type { ScreenReaderAnnouncements } from "../kit/screen-reader-announcements.ts";
import type { LiveState } from "../live/live-state.ts";
import { signElement } from "../map/signs.ts";
import { explain } from "./explain.ts";
import type { Explanation } from "./explanation.ts";

const HINT = "Break a region, or play the guided drill, and watch where its clients go.";
const AZURE_HINT = "Break a region in the portal, and watch where its clients go.";
const SIGNS = { good: "good", bad: "bad", neutral: "info" } as const;

/** Says in plain words which region serves whom, and why. */
export class Summary {
  readonly topics = ["environment", "shown", "link"] as const;
  readonly #state: LiveState;
  readonly #element: HTMLElement;
  readonly #announcements: ScreenReaderAnnouncements;
  #shown = "";

  constructor(state: LiveState, element: HTMLElement, announcements: ScreenReaderAnnouncements) {
    this.#state = state;
    this.#element = element;
    this.#announcements = announcements;
  }

  draw(): void {
    const { environment, shown: locations, isLinked } = this.#state;
    setAttributes(this.#element, { "data-stale": !isLinked });
    if (!environment) return;
    const explanations = explain(environment, locations);
    const key = JSON.stringify(explanations);
    if (key === this.#shown) return;
    this.#shown = key;
    const areAllHealthy = explanations.every(({ tone }) => tone === "good");
    const hint = html("p", { class: "hint" }, environment.mode === "azure" ? AZURE_HINT : HINT);
    this.#element.replaceChildren(...explanations.map(line), ...(areAllHealthy ? [hint] : []));
    this.#announcements.announce(
      explanations.map(({ fact, reason }) => `${fact} ${reason}`).join(" "),
    );
  }
}

function line({ tone, fact, reason }: Explanation): HTMLElement {
  const icon = svg("svg", {
    class: "summary-sign",
    viewBox: "-10 -10 20 20",
    "aria-hidden": "true",
  });
  icon.append(signElement(SIGNS[tone], { x: 0, y: 0 }));
  return html(
    "p",
    { "data-tone": tone },
    icon,
    html("span", {}, html("strong", {}, fact), ` ${reason}`),
  );
}
