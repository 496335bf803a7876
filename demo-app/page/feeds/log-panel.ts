import type { LogLine } from "../../contract/live.ts";
import { html } from "../kit/dom.ts";
import { clockTime } from "../kit/text-format.ts";
import type { LiveState } from "../live/live-state.ts";

const maxRows = 150;

/** What the plugins of the app servers have logged, the newest first. */
export class LogPanel {
  readonly topics = ["log"] as const;
  readonly #state: LiveState;
  readonly #list: HTMLElement;
  #snapshotNumber = 0;
  #lastId = 0;

  constructor(state: LiveState, list: HTMLElement) {
    this.#state = state;
    this.#list = list;
  }

  draw(): void {
    const { log, snapshotNumber } = this.#state;
    if (snapshotNumber !== this.#snapshotNumber) {
      this.#snapshotNumber = snapshotNumber;
      this.#lastId = 0;
      this.#list.replaceChildren();
    }
    const newLines = log.filter(({ id }) => id > this.#lastId);
    this.#lastId = newLines.at(-1)?.id ?? this.#lastId;
    this.#list.prepend(...newLines.reverse().map(row));
    while (this.#list.childElementCount > maxRows) this.#list.lastElementChild?.remove();
  }
}

function row({ at, level, server, text }: LogLine): HTMLElement {
  return html(
    "li",
    { "data-level": level },
    html("time", { datetime: new Date(at).toISOString() }, clockTime(at)),
    html("span", { class: "log-level" }, level),
    html("p", {}, html("span", { class: "row-source" }, server), text),
  );
}
