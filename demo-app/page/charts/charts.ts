import type { LiveState } from "../live/live-state.ts";
import { LineChart } from "./line-chart.ts";

/** What the last minute was like, in figures that the control server has measured. */
export class Charts {
  readonly topics = ["rates", "environment"] as const;
  readonly #state: LiveState;
  readonly #answers = new LineChart("Negotiates a second", "Negotiate answers per second");
  readonly #delivered = new LineChart("Messages a second", "Messages delivered per second");
  readonly #without = new LineChart("Without a connection", "Clients without a connection");
  #shown = "";

  constructor(state: LiveState, root: HTMLElement) {
    this.#state = state;
    root.append(...this.#all.map(({ element }) => element));
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
  }

  get #all(): readonly LineChart[] {
    return [this.#answers, this.#delivered, this.#without];
  }

  #resize(): void {
    for (const chart of this.#all) chart.resize();
  }
}
