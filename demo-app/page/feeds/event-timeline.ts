import type { DemoEvent } from "../../contract/live.ts";
import { html, mark, setText } from "../kit/dom.ts";
import { clockTime } from "../kit/text-format.ts";
import type { LiveState } from "../live/live-state.ts";
import { NewestFirst } from "./newest-first.ts";

/** What has happened, the newest first. */
export class EventTimeline {
  readonly topics = ["events"] as const;
  readonly #state: LiveState;
  readonly #rows: NewestFirst<DemoEvent>;
  readonly #latest: HTMLElement;

  /** @param latest Is told the newest, for when the list is folded away. */
  constructor(state: LiveState, list: HTMLElement, latest: HTMLElement) {
    this.#state = state;
    this.#rows = new NewestFirst(list, (event) => this.#row(event));
    this.#latest = latest;
  }

  draw(): void {
    const { events, snapshotNumber } = this.#state;
    const newest = this.#rows.draw(events, snapshotNumber);
    if (newest) setText(this.#latest, `${clockTime(newest.at)} ${newest.text}`);
  }

  #row({ at, tone, server, endpoint, text, kind }: DemoEvent): HTMLElement {
    const names = this.#state.environment?.endpoints.map(({ name }) => name) ?? [];
    const region = names.indexOf(server ?? endpoint ?? "");
    return html(
      "li",
      { "data-tone": tone, "data-kind": kind },
      html("time", { datetime: new Date(at).toISOString() }, clockTime(at)),
      html("span", { class: "row-sign", "aria-hidden": "true" }),
      html(
        "p",
        {},
        ...(region >= 0 ? [mark(region)] : []),
        ...(server ? [html("span", { class: "row-source" }, `${server} server`)] : []),
        html("span", {}, text),
      ),
    );
  }
}
