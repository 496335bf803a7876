import { button, html, setAttributes, setText } from "../kit/dom.ts";
import { term } from "../kit/term.ts";
import { ToggleGroup } from "../kit/toggle-group.ts";
import type { Crowd, LiveState } from "../live/live-state.ts";
import { sendOrder } from "../live/send-order.ts";
import { failbackFigure, failoverFigure, figureRows, sinceText } from "./figure-text.ts";

const COLUMNS = ["With history", "Without", "Microsoft’s"];
const OFFER = "20 clients of Microsoft’s go through the same.";

/** What it has cost the clients, beside the map: failover, failback, and messages. */
export class FigurePanel {
  readonly topics = ["figures", "environment", "crowd"] as const;
  readonly #state: LiveState;
  readonly #since = html("p", { class: "muted" });
  readonly #failover = new Big("Failover");
  readonly #failback = new Big("Failback");
  readonly #head = COLUMNS.map((title) => html("th", { scope: "col" }, title));
  readonly #body = html("tbody");
  readonly #crowd: ToggleGroup<Crowd>;
  readonly #note = html("p", { class: "muted" }, OFFER);
  readonly #end: HTMLButtonElement;
  readonly #errorText = html("p", { class: "complaint", role: "alert" });
  #cells: readonly HTMLElement[][] = [];

  constructor(state: LiveState, root: HTMLElement, choose: (crowd: Crowd) => void) {
    this.#state = state;
    this.#crowd = new ToggleGroup<Crowd>(
      "Whose clients the map shows",
      "segments",
      [
        { value: "ours", label: "Our client" },
        { value: "microsoft", label: "Microsoft’s client" },
      ],
      (crowd) => {
        choose(crowd);
        if (crowd === "microsoft") void this.#order("start");
      },
    );
    this.#end = button("End", { "aria-label": "End the comparison" }, () => {
      choose("ours");
      void this.#order("stop");
    });
    root.append(
      html("h2", { id: "figures-title", class: "unseen" }, "What it has cost"),
      this.#since,
      html("div", { class: "bigs" }, this.#failover.element, this.#failback.element),
      html(
        "table",
        { "aria-label": "What clients have missed" },
        html("thead", {}, html("tr", {}, html("td"), ...this.#head)),
        this.#body,
      ),
      html("div", { class: "compare" }, this.#crowd.element, this.#end),
      this.#note,
      this.#errorText,
    );
  }

  draw(): void {
    const { figures, crowd, environment } = this.#state;
    const isComparing = environment?.isComparing ?? false;
    this.#crowd.show(crowd);
    this.#end.hidden = !isComparing;
    this.#note.hidden = isComparing;
    if (!figures) return;
    setText(this.#since, sinceText(figures));
    this.#failover.show(failoverFigure(figures, crowd));
    this.#failback.show(failbackFigure(figures, crowd));
    this.#showRows();
  }

  #showRows(): void {
    const { figures } = this.#state;
    if (!figures) return;
    const rows = figureRows(figures);
    if (this.#cells.length === 0) this.#build(rows);
    const columns = figures.crowds.microsoft ? 3 : 2;
    for (const [column, title] of this.#head.entries()) title.hidden = column >= columns;
    for (const [index, { cells }] of rows.entries()) {
      for (const [column, cell] of (this.#cells[index] ?? []).entries()) {
        const { text, tone } = cells[column] ?? { text: "" };
        cell.hidden = column >= columns;
        setText(cell, text);
        setAttributes(cell, { "data-tone": tone });
      }
    }
  }

  #build(rows: ReturnType<typeof figureRows>): void {
    this.#cells = rows.map(() => COLUMNS.map(() => html("td")));
    this.#body.append(
      ...rows.map(({ label, meaning }, index) =>
        html(
          "tr",
          {},
          html("th", { scope: "row" }, term(label, meaning)),
          ...(this.#cells[index] ?? []),
        ),
      ),
    );
  }

  async #order(order: "start" | "stop"): Promise<void> {
    setText(this.#errorText, (await sendOrder("/comparison", { order })) ?? "");
  }
}

class Big {
  readonly element: HTMLElement;
  readonly #value = html("p", { class: "figure" });
  readonly #note = html("p", { class: "muted" });

  constructor(title: string) {
    this.element = html("div", { class: "big" }, html("h3", {}, title), this.#value, this.#note);
  }

  show({ value, note }: { readonly value: string; readonly note: string }): void {
    setText(this.#value, value);
    setText(this.#note, note);
  }
}
