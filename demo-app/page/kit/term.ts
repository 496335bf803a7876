import { html } from "./dom.ts";

/** A word, and what it means for whoever asks: by touch, keyboard or mouse. */
export function term(word: string, meaning: string): HTMLElement {
  return html(
    "details",
    { class: "term" },
    html("summary", {}, word),
    html("p", { class: "muted" }, meaning),
  );
}
