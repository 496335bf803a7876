import type { DemoEvent } from "../../contract/live.ts";
import { html, mark, setText } from "../kit/dom.ts";
import { clockTime } from "../kit/text-format.ts";
import type { LiveState } from "../live/live-state.ts";

const maxRows = 150;

/** What has happened, the newest first. */
export class EventTimeline {
  readonly topics = ["events"] as const;
  readonly #state: LiveState;
  readonly #list: HTMLElement;
  readonly #latest: HTMLElement;
  #snapshotNumber = 0;
  #lastId = 0;

  /** @param latest Is told the newest, for when the list is folded away. */
  constructor(state: LiveState, list: HTMLElement, latest: HTMLElement) {
    this.#state = state;
    this.#list = list;
    this.#latest = latest;
  }

  draw(): void {
    const { events, snapshotNumber } = this.#state;
    if (snapshotNumber !== this.#snapshotNumber) {
      this.#snapshotNumber = snapshotNumber;
      this.#lastId = 0;
      this.#list.replaceChildren();
    }
    const newEvents = events.filter(({ id }) => id > this.#lastId);
    if (newEvents.length === 0) return;
    const newest = newEvents.at(-1);
    this.#lastId = newest?.id ?? this.#lastId;
    if (newest) setText(this.#latest, `${clockTime(newest.at)} ${newest.text}`);
    this.#list.prepend(...newEvents.reverse().map((event) => this.#row(event)));
    while (this.#list.childElementCount > maxRows) this.#list.lastElementChild?.remove();
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
