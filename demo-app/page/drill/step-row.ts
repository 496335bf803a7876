import type { DrillStepView, Measured } from "../../shared/live.ts";
import { html } from "../dom.ts";
import { duration } from "../words.ts";

/** One step: what it is called, how far it is, and what was measured; in full while it runs. */
export function stepRow(step: DrillStepView, number: number, isOpen: boolean): HTMLElement {
  const { state, title, caption, figure, figures, reason } = step;
  return html(
    "li",
    { "data-state": state, "aria-current": isOpen ? "step" : undefined },
    html(
      "span",
      { class: "step-sign", "aria-hidden": "true" },
      state === "waiting" ? `${number}` : "",
    ),
    html(
      "div",
      { class: "step-body" },
      html(
        "p",
        { class: "step-title" },
        title,
        html("span", { class: "unseen" }, ` (${state})`),
        ...(figure === null ? [] : [html("span", { class: "step-figure" }, `Figure ${figure}`)]),
      ),
      ...(isOpen ? [html("p", { class: "step-caption" }, caption)] : []),
      ...(reason ? [html("p", { class: "complaint" }, reason)] : []),
      ...(figures.length > 0 ? [html("dl", { class: "measured" }, ...figures.map(measured))] : []),
    ),
  );
}

function measured({ label, value, unit }: Measured): HTMLElement {
  const text = unit === "ms" ? duration(value) : value.toLocaleString("en");
  return html("div", {}, html("dt", {}, label), html("dd", {}, text));
}
