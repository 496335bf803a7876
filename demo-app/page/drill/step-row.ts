import type { DrillStepView, Measured } from "../../contract/live.ts";
import { html, setAttributes, setText } from "../kit/dom.ts";
import { durationText } from "../kit/text-format.ts";

/** One step of the drill. It opens by itself while it runs, and whenever somebody asks. */
export class StepRow {
  readonly element = html("li");
  readonly #sign = html("span", { class: "step-sign", "aria-hidden": "true" });
  readonly #state = html("span", { class: "unseen" });
  readonly #digest = html("span", { class: "step-digest" });
  readonly #body = html("div", { class: "step-body" });
  readonly #details: HTMLDetailsElement;
  readonly #number: number;
  #shown = "";

  constructor({ title, figure }: DrillStepView, number: number) {
    this.#number = number;
    this.#details = html(
      "details",
      {},
      html(
        "summary",
        {},
        html("span", { class: "step-title" }, title),
        this.#state,
        ...(figure === null ? [] : [html("span", { class: "step-figure" }, `Figure ${figure}`)]),
        this.#digest,
      ),
      this.#body,
    );
    this.element.append(this.#sign, this.#details);
  }

  /** @returns Whether it has just begun. */
  show(step: DrillStepView): boolean {
    const key = JSON.stringify(step);
    if (key === this.#shown) return false;
    this.#shown = key;
    const { state, caption, reason, figures } = step;
    const isOpen = state === "running" || state === "failed";
    const isChanged = this.element.dataset.state !== state;
    if (isChanged) this.#details.open = isOpen;
    setAttributes(this.element, { "data-state": state, "aria-current": isOpen ? "step" : false });
    setText(this.#sign, state === "waiting" ? String(this.#number) : "");
    setText(this.#state, ` (${state})`);
    setText(this.#digest, figures.map(textOf).join(" · "));
    this.#body.replaceChildren(
      html("p", {}, caption),
      ...(reason ? [html("p", { class: "complaint" }, reason)] : []),
      html("dl", { class: "measured" }, ...figures.map(measured)),
    );
    return isChanged && isOpen;
  }
}

function measured(figure: Measured): HTMLElement {
  return html("div", {}, html("dt", {}, figure.label), html("dd", {}, figureText(figure)));
}

function textOf(figure: Measured): string {
  return `${figure.label} ${figureText(figure)}`;
}

function figureText({ value, unit }: Measured): string {
  return unit === "ms" ? durationText(value) : value.toLocaleString("en");
}
