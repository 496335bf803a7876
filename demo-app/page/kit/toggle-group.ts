import { button, html, setAttributes } from "./dom.ts";

export interface Choice<T> {
  readonly value: T;
  readonly label: string;
  /** A glyph before it, for the eye only. */
  readonly glyph?: string;
  /** What it does, said beside it. */
  readonly effect?: string;
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
    this.#buttons = choices.map(({ value, label, glyph }) => ({
      value,
      element: glyphButton(label, glyph, () => choose(value)),
    }));
    this.element = html(
      "div",
      { class: className, role: "group", "aria-label": label },
      ...this.#buttons.map(({ element }, index) => withEffect(element, choices[index]?.effect)),
    );
  }

  show(current: T): void {
    for (const { value, element } of this.#buttons) {
      setAttributes(element, { "aria-pressed": String(value === current) });
    }
  }
}

/** A button, and what it does beside it, for everybody to read. */
export function withEffect(element: HTMLElement, effect: string | undefined): HTMLElement {
  if (effect === undefined) return element;
  return html("div", { class: "with-effect" }, element, html("span", { class: "muted" }, effect));
}

function glyphButton(label: string, glyph: string | undefined, press: () => void) {
  const made = button(label, { "aria-pressed": "false" }, press);
  if (glyph) made.prepend(html("span", { class: "glyph", "aria-hidden": "true" }, glyph));
  return made;
}
