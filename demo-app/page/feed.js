import { clockTime, element, markElement } from "./dom.js";

const MOST_ENTRIES = 200;

/** A list of timed lines, the newest first, wherever in time a line comes in. */
export class Feed {
  #list;
  #placeholder;

  constructor(list, placeholder) {
    this.#list = list;
    this.#placeholder = element("li", { className: "muted empty", text: placeholder });
    list.append(this.#placeholder);
  }

  add({ at = Date.now(), source, mark, text, tone = "plain", note }) {
    this.#placeholder.remove();
    const speaker = element("span", { className: "source" }, source);
    if (mark !== undefined) {
      speaker.dataset.mark = mark;
      speaker.prepend(markElement(mark));
    }
    const line = element(
      "li",
      { "data-at": at, "data-tone": tone },
      element("time", { text: clockTime(at), datetime: new Date(at).toISOString() }),
      element(
        "p",
        {},
        speaker,
        element("span", { className: "text", text }),
        ...(note ? [element("span", { className: "note", text: note })] : []),
      ),
    );
    const later = [...this.#list.children].find((other) => Number(other.dataset.at) <= at);
    this.#list.insertBefore(line, later ?? null);
    if (this.#list.children.length > MOST_ENTRIES) this.#list.lastElementChild.remove();
  }
}
