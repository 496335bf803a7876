import type { ClientView } from "../../contract/live.ts";
import { html, setAttributes } from "../kit/dom.ts";
import { countText, durationText } from "../kit/text-format.ts";
import type { LiveState } from "../live/live-state.ts";
import type { RegionMap } from "./region-map.ts";

const KEYS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
};

const CLIENTS = { ours: "/api/clients", microsoft: "/api/microsoft-clients" } as const;

/** Tells of one client: the one under the pointer, or the one that the arrow keys have come to. */
export class ClientInspector {
  readonly #state: LiveState;
  readonly #map: RegionMap;
  readonly #place: HTMLElement;
  readonly topics = ["clients", "microsoftClients", "crowd"] as const;
  readonly #card = html("div", { class: "inspector", hidden: true });
  readonly #marker = html("div", { class: "inspected", hidden: true });
  readonly #picker = html("div", {
    class: "picker",
    role: "slider",
    tabindex: 0,
    "aria-label": "Client of the crowd",
    "aria-orientation": "horizontal",
    "aria-valuemin": 1,
    "aria-valuemax": 1,
    "aria-valuenow": 1,
  });
  #current: number | undefined;
  #shownEndpoint: number | undefined;

  constructor(state: LiveState, map: RegionMap, place: HTMLElement) {
    this.#state = state;
    this.#map = map;
    this.#place = place;
    this.#picker.append(map.element);
    place.append(this.#picker, this.#marker, this.#card);
    this.#followPointer();
    this.#followKeys();
  }

  /** What is shown of a client that has moved since is not true any more. */
  draw(): void {
    if (this.#current === undefined || this.#card.hidden) return;
    const now = this.#state.crowdLocations.clients.get(this.#current)?.endpoint;
    if (now !== this.#shownEndpoint) this.#close();
  }

  #followPointer(): void {
    const look = ({ clientX, clientY }: PointerEvent): void => {
      const { left, top } = this.#place.getBoundingClientRect();
      const found = this.#map.nearestClient({ x: clientX - left, y: clientY - top });
      if (found !== undefined) void this.#tellOf(found);
      else if (document.activeElement !== this.#picker) this.#close();
    };
    this.#picker.addEventListener("pointermove", look);
    this.#picker.addEventListener("pointerdown", look);
    this.#picker.addEventListener("pointerleave", () => this.#close());
  }

  #followKeys(): void {
    this.#picker.addEventListener("focus", () => {
      if (this.#picker.matches(":focus-visible")) this.#step(0);
    });
    this.#picker.addEventListener("blur", () => this.#close());
    this.#picker.addEventListener("keydown", (event) => {
      const { key } = event;
      if (key === "Escape") return this.#close();
      const steps = key === "Home" ? -1e6 : key === "End" ? 1e6 : KEYS[key];
      if (steps === undefined) return;
      event.preventDefault();
      this.#step(steps);
    });
  }

  #step(by: number): void {
    const ids = [...this.#state.crowdLocations.clients.keys()];
    if (ids.length === 0) return;
    const index = this.#current === undefined ? 0 : ids.indexOf(this.#current);
    const next = Math.min(ids.length - 1, Math.max(0, index + by));
    setAttributes(this.#picker, { "aria-valuemax": ids.length, "aria-valuenow": next + 1 });
    void this.#tellOf(ids[next] ?? 0);
  }

  async #tellOf(id: number): Promise<void> {
    if (id === this.#current && !this.#card.hidden) return;
    this.#current = id;
    const response = await fetch(`${CLIENTS[this.#state.crowd]}/${id}`).catch(() => null);
    const view: ClientView | null = response?.ok ? await response.json() : null;
    if (id !== this.#current) return;
    this.#show(id, view);
  }

  #show(id: number, view: ClientView | null): void {
    const point = this.#map.pointOf(id);
    if (!view || !point) {
      this.#close();
      return;
    }
    const { homeRegion, endpoint, moves, downtimeInMs, messages } = view;
    const facts = [
      endpoint ? `on ${endpoint}` : "without a connection",
      `home ${homeRegion}`,
      countText(moves, "move"),
      downtimeInMs === null ? "never away" : `last away for ${durationText(downtimeInMs)}`,
      countText(messages, "message"),
    ];
    this.#card.replaceChildren(
      html("strong", {}, `Client ${id}`),
      ...facts.map((fact) => html("span", {}, fact)),
    );
    setAttributes(this.#picker, { "aria-valuetext": `Client ${id}: ${facts.join(", ")}` });
    this.#shownEndpoint = this.#state.crowdLocations.clients.get(id)?.endpoint;
    this.#marker.hidden = false;
    this.#marker.style.transform = `translate(${point.x}px, ${point.y}px)`;
    this.#card.hidden = false;
    const isRight = point.x > this.#place.clientWidth / 2;
    this.#card.style.transform = `translate(${point.x.toFixed(0)}px, ${point.y.toFixed(0)}px) translate(${isRight ? "calc(-100% - 14px)" : "14px"}, -50%)`;
  }

  #close(): void {
    this.#card.hidden = true;
    this.#marker.hidden = true;
    this.#current = undefined;
  }
}
