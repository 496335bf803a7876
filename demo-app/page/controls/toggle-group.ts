import { button, html, setAttributes } from "../kit/dom.ts";

export interface Choice<T> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** Buttons of which one is pressed: the one that is so, not the one that was asked for. */
export class ToggleGroup<T> {
  readonly element: HTMLElement;
  readonly #buttons: readonly { readonly value: T; readonly element: HTMLButtonElement }[];

  constructor(
    label: string,
    className: string,
    choices: readonly Choice<T>[],
    choose: (value: T) => void,
  ) {
    this.#buttons = choices.map(({ value, label, hint }) => ({
      value,
      element: button(label, { title: hint, "aria-pressed": "false" }, () => choose(value)),
    }));
    this.element = html(
      "div",
      { class: className, role: "group", "aria-label": label },
      ...this.#buttons.map(({ element }) => element),
    );
  }

  show(current: T): void {
    for (const { value, element } of this.#buttons) {
      setAttributes(element, { "aria-pressed": String(value === current) });
    }
  }
}
