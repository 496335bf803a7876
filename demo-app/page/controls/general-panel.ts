import type { EnvironmentView, Failback, Topology } from "../../contract/live.ts";
import { html, setAttributes, setText } from "../kit/dom.ts";
import type { SendOrder } from "./endpoint-panel.ts";
import { ToggleGroup } from "./toggle-group.ts";

const ORDER_AFTER_IN_MS = 150;

/** What concerns all regions: how many clients, how they fail back, how much is broadcast. */
export class GeneralPanel {
  readonly element: HTMLElement;
  readonly #sendOrder: SendOrder;
  readonly #slider = html("input", {
    id: "client-count",
    type: "range",
    min: 1,
    max: 500,
    step: 1,
  });
  readonly #size = html("output", { for: "client-count" });
  readonly #topology: ToggleGroup<Topology>;
  readonly #failback: ToggleGroup<Failback>;
  readonly #broadcasts: ToggleGroup<number>;
  #isSliding = false;
  #pending: ReturnType<typeof setTimeout> | undefined;

  constructor(sendOrder: SendOrder) {
    this.#sendOrder = sendOrder;
    this.#topology = new ToggleGroup<Topology>(
      "Topology",
      "segments",
      [
        { value: "client-server", label: "Client-server", hint: "Each app server has its primary" },
        { value: "client-client", label: "Client-client", hint: "All agree on one endpoint" },
      ],
      (topology) => sendOrder("/topology", { topology }),
    );
    this.#failback = new ToggleGroup<Failback>(
      "Failback",
      "segments",
      [
        { value: "natural", label: "Natural", hint: "Clients come home when they reconnect" },
        { value: "paced", label: "Paced", hint: "App servers close those who are away, slowly" },
      ],
      (failback) => sendOrder("/failback", { failback }),
    );
    this.#broadcasts = new ToggleGroup<number>(
      "Broadcasts",
      "segments",
      [
        { value: 0, label: "Off" },
        { value: 1000, label: "1 / s" },
        { value: 100, label: "10 / s" },
      ],
      (everyInMs) => sendOrder("/broadcasts", { everyInMs }),
    );
    this.#followSlider();
    this.element = html(
      "section",
      { class: "card panel general", "aria-label": "All regions" },
      html(
        "div",
        { class: "client-count" },
        html("label", { for: "client-count" }, "Clients"),
        this.#size,
        this.#slider,
      ),
      row("Broadcasts", this.#broadcasts.element),
      row("Failback", this.#failback.element),
      row("Topology", this.#topology.element),
    );
  }

  show({ clientCounts, topology, failback, broadcastEveryInMs }: EnvironmentView): void {
    this.#topology.show(topology);
    this.#failback.show(failback);
    this.#broadcasts.show(broadcastEveryInMs);
    if (!this.#isSliding) this.#slider.value = String(clientCounts.wanted);
    const missing = clientCounts.wanted - clientCounts.connected;
    if (!this.#isSliding) {
      setText(
        this.#size,
        missing > 0
          ? `${clientCounts.wanted}, ${clientCounts.connected} connected`
          : `${clientCounts.wanted}`,
      );
    }
    setAttributes(this.#slider, { "aria-valuetext": `${this.#slider.value} clients` });
  }

  #followSlider(): void {
    this.#slider.addEventListener("input", () => {
      this.#isSliding = true;
      setText(this.#size, this.#slider.value);
      clearTimeout(this.#pending);
      this.#pending = setTimeout(() => {
        this.#isSliding = false;
        this.#sendOrder("/crowd", { size: Number(this.#slider.value) });
      }, ORDER_AFTER_IN_MS);
    });
  }
}

function row(name: string, control: HTMLElement): HTMLElement {
  return html("div", { class: "row" }, html("span", { class: "row-name" }, name), control);
}
