import type { EnvironmentView, Failback, Topology } from "../../contract/live.ts";
import { html, setAttributes, setText } from "../kit/dom.ts";
import { countText } from "../kit/text-format.ts";
import { ToggleGroup } from "../kit/toggle-group.ts";
import type { SendOrder } from "./endpoint-panel.ts";

const ORDER_AFTER_IN_MS = 150;

const FAILBACK_TEXTS: Readonly<Record<Failback, string>> = {
  natural: "Natural: when a primary is back, clients return to it when they reconnect.",
  paced: "Paced: when a primary is back, app servers close those who are away, up to 50 a second.",
};
const TOPOLOGY_TEXTS: Readonly<Record<Topology, string>> = {
  "client-server":
    "Client-server: each app server has its own primary, and sends to all endpoints.",
  "client-client":
    "Client-client: all app servers agree on one endpoint, so that clients can hear each other.",
};

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
  readonly #digest = html("span", { class: "muted" });
  readonly #failbackText = html("p", { class: "muted" });
  readonly #topologyText = html("p", { class: "muted" });
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
        { value: "client-server", label: "Client-server" },
        { value: "client-client", label: "Client-client" },
      ],
      (topology) => sendOrder("/topology", { topology }),
    );
    this.#failback = new ToggleGroup<Failback>(
      "Failback",
      "segments",
      [
        { value: "natural", label: "Natural" },
        { value: "paced", label: "Paced" },
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
      "details",
      { class: "card panel general" },
      html("summary", {}, html("h3", {}, "Settings"), this.#digest),
      html(
        "div",
        { class: "client-count" },
        html("label", { for: "client-count" }, "Clients"),
        this.#size,
        this.#slider,
      ),
      row("Broadcasts", this.#broadcasts.element),
      row("Failback", this.#failback.element),
      this.#failbackText,
      row("Topology", this.#topology.element),
      this.#topologyText,
    );
  }

  show({ clientCounts, topology, failback, broadcastEveryInMs }: EnvironmentView): void {
    this.#topology.show(topology);
    this.#failback.show(failback);
    this.#broadcasts.show(broadcastEveryInMs);
    if (!this.#isSliding) this.#slider.value = String(clientCounts.wanted);
    if (!this.#isSliding) setText(this.#size, String(clientCounts.wanted));
    setText(this.#digest, `${countText(clientCounts.wanted, "client")}, ${failback} failback`);
    setText(this.#failbackText, FAILBACK_TEXTS[failback]);
    setText(this.#topologyText, TOPOLOGY_TEXTS[topology]);
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
