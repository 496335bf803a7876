import type { ServerView } from "../../contract/live.ts";
import { setAttributes, setText, svg } from "../kit/dom.ts";
import type { Box } from "./layout.ts";
import { signElement } from "./signs.ts";

/** An app server on the map, and what it answers to a negotiate. */
export class ServerNode {
  readonly element: SVGGElement;
  readonly #answer = svg("text", { class: "server-answer" });
  readonly #signs: { readonly running: SVGGElement; readonly stopped: SVGGElement };

  constructor({ x, y, width, height }: Box, isNarrow: boolean) {
    const left = x + (isNarrow ? 10 : 14);
    const signAt = { x: x + width - (isNarrow ? 14 : 18), y: y + 21 };
    this.#signs = {
      running: signElement("good", signAt, 0.85),
      stopped: signElement("bad", signAt, 0.85),
    };
    setAttributes(this.#answer, { x: left, y: y + 50 });
    this.element = svg(
      "g",
      { class: "server" },
      svg("rect", { class: "server-box", x, y, width, height, rx: 12 }),
      svg("text", { class: "node-kind", x: left, y: y + 25 }, "App server"),
      this.#answer,
      this.#signs.running,
      this.#signs.stopped,
    );
  }

  show({ isRunning, answers }: ServerView): void {
    setAttributes(this.element, { "data-state": isRunning ? "running" : "stopped" });
    setAttributes(this.#signs.running, { visibility: isRunning ? "visible" : "hidden" });
    setAttributes(this.#signs.stopped, { visibility: isRunning ? "hidden" : "visible" });
    setText(this.#answer, isRunning ? `negotiate → ${answers ?? "nobody"}` : "stopped");
  }
}
