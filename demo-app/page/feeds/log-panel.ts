import type { LogLine } from "../../contract/live.ts";
import { html } from "../kit/dom.ts";
import { clockTime } from "../kit/text-format.ts";
import type { LiveState } from "../live/live-state.ts";
import { NewestFirst } from "./newest-first.ts";

/** What the plugins of the app servers have logged, the newest first. */
export class LogPanel {
  readonly topics = ["log"] as const;
  readonly #state: LiveState;
  readonly #rows: NewestFirst<LogLine>;

  constructor(state: LiveState, list: HTMLElement) {
    this.#state = state;
    this.#rows = new NewestFirst(list, row);
  }

  draw(): void {
    const { log, snapshotNumber } = this.#state;
    this.#rows.draw(log, snapshotNumber);
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
