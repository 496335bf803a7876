import type { DeliveryCounts } from "../../contract/live.ts";
import { html, setAttributes, setText } from "../kit/dom.ts";
import type { LiveState } from "../live/live-state.ts";
import { deliveryText } from "./delivery-text.ts";

const EXPLANATION =
  "Each broadcast has a number. Half of the clients use continuity(): what does not reach them is kept, and they catch up. The others never hear it.";

interface Row {
  readonly label: string;
  readonly count: keyof DeliveryCounts;
  /** What it means when there are any. */
  readonly tone?: "good" | "bad";
}

const ROWS: readonly Row[] = [
  { label: "Clients", count: "clients" },
  { label: "Sent to them", count: "sent" },
  { label: "Missed", count: "missed", tone: "bad" },
  { label: "Caught up", count: "replayed", tone: "good" },
  { label: "Heard twice", count: "doubled", tone: "bad" },
  { label: "Out of order", count: "outOfOrder", tone: "bad" },
];

/** What clients with history have missed, and those without, side by side. */
export class DeliveryPanel {
  readonly topics = ["deliveries"] as const;
  readonly #state: LiveState;
  readonly #text = html("p", { class: "deliveries-text" });
  readonly #rows = ROWS.map((row) => ({ ...row, cells: [html("td"), html("td")] as const }));

  constructor(state: LiveState, root: HTMLElement) {
    this.#state = state;
    const head = html(
      "tr",
      {},
      html("td"),
      html("th", { scope: "col" }, "With history"),
      html("th", { scope: "col" }, "Without"),
    );
    const body = this.#rows.map(({ label, cells }) =>
      html("tr", {}, html("th", { scope: "row" }, label), ...cells),
    );
    root.append(
      html(
        "div",
        {},
        html("h2", { id: "deliveries-title" }, "Messages missed"),
        this.#text,
        html("p", { class: "muted" }, EXPLANATION),
      ),
      html(
        "table",
        { "aria-labelledby": "deliveries-title" },
        html("thead", {}, head),
        html("tbody", {}, ...body),
      ),
    );
  }

  draw(): void {
    const { deliveries } = this.#state;
    if (!deliveries) return;
    setText(this.#text, deliveryText(deliveries));
    const halves = [deliveries.withHistory, deliveries.withoutHistory] as const;
    for (const { count, tone, cells } of this.#rows) {
      for (const [index, cell] of cells.entries()) {
        const value = halves[index]?.[count] ?? 0;
        setText(cell, value.toLocaleString("en"));
        setAttributes(cell, { "data-tone": value > 0 ? tone : undefined });
      }
    }
  }
}
