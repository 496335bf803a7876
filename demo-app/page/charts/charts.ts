import { html, setText } from "../kit/dom.ts";
import { durationText } from "../kit/text-format.ts";
import type { LiveState } from "../live/live-state.ts";
import { LineChart } from "./line-chart.ts";

/** What the last minute was like, in figures that the control server has measured. */
export class Charts {
  readonly topics = ["rates", "environment"] as const;
  readonly #state: LiveState;
  readonly #answers = new LineChart("Negotiates / s", "Negotiate answers per second");
  readonly #delivered = new LineChart("Messages / s", "Messages delivered per second");
  readonly #without = new LineChart("Disconnected", "Clients without a connection");
  readonly #downtime = html("p", { class: "figure" }, "–");
  readonly #note = html("p", { class: "muted" });
  #shown = "";

  constructor(state: LiveState, root: HTMLElement) {
    this.#state = state;
    const downtime = html(
      "article",
      { class: "card chart big" },
      html("h3", {}, "Downtime, p99"),
      this.#downtime,
      this.#note,
    );
    root.append(downtime, ...this.#all.map(({ element }) => element));
    new ResizeObserver(() => this.#resize()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#shown = "";
      this.draw();
    });
  }

  draw(): void {
    const { environment, rates } = this.#state;
    if (!environment) return;
    const names = environment.endpoints.map(({ name }) => name);
    if (names.join() !== this.#shown) {
      this.#shown = names.join();
      const lines = names.map((name, region) => ({ name, region }));
      this.#answers.build([...lines, { name: "refused", region: null }]);
      this.#delivered.build(lines);
      this.#without.build([{ name: "clients", region: null }]);
    }
    const times = rates.map(({ at }) => at / 1000);
    const byEndpoint = (pick: (index: number) => number[]): number[][] =>
      names.map((_, index) => pick(index));
    const answers = byEndpoint((index) => rates.map(({ answers }) => answers[index] ?? 0));
    this.#answers.show(times, [...answers, rates.map(({ refused }) => refused)]);
    this.#delivered.show(
      times,
      byEndpoint((index) => rates.map(({ delivered }) => delivered[index] ?? 0)),
    );
    this.#without.show(times, [rates.map(({ without }) => without)]);
    this.#showDowntime(rates.at(-1)?.lastMoveP99InMs ?? null);
  }

  #showDowntime(inMs: number | null): void {
    setText(this.#downtime, inMs === null ? "–" : durationText(inMs));
    setText(
      this.#note,
      inMs === null
        ? "Nobody has moved yet. Break an endpoint."
        : "In the last move 99 of 100 clients were back within this time.",
    );
  }

  get #all(): readonly LineChart[] {
    return [this.#answers, this.#delivered, this.#without];
  }

  #resize(): void {
    for (const chart of this.#all) chart.resize();
  }
}
