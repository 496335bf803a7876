import type { EnvironmentView } from "../../contract/live.ts";
import { setAttributes, setText, svg } from "../kit/dom.ts";
import type { LiveState } from "../live/live-state.ts";
import type { TabClient } from "../live/tab-client.ts";
import { ClientDots } from "./client-dots.ts";
import { EndpointNode } from "./endpoint-node.ts";
import { statusOf } from "./endpoint-status.ts";
import { type Layout, layOut, type Point } from "./layout.ts";
import { EventArrow, LinkLine } from "./link-lines.ts";
import { dockElements, zoneElements } from "./region-zones.ts";
import { ServerNode } from "./server-node.ts";
import { TabMarker } from "./tab-marker.ts";

const RECENT_IN_MS = 2000;

interface DrawnMap {
  readonly key: string;
  readonly layout: Layout;
  readonly servers: readonly ServerNode[];
  readonly endpoints: readonly EndpointNode[];
  /** By server and endpoint. */
  readonly links: ReadonlyMap<string, LinkLine>;
  readonly arrows: readonly EventArrow[];
  readonly dock: ReturnType<typeof dockElements>;
}

/** The regions, who is linked to whom, and all clients, as they are now. */
export class RegionMap {
  readonly topics = [
    "environment",
    "clients",
    "microsoftClients",
    "crowd",
    "shown",
    "tab-client",
    "events",
    "link",
  ] as const;
  readonly element = svg("svg", { class: "region-map", "aria-hidden": "true" });
  readonly #state: LiveState;
  readonly #tabClient: TabClient;
  readonly #dots: ClientDots;
  readonly #tabMarker = new TabMarker();
  #width = 0;
  #drawn: DrawnMap | undefined;
  #lastEventId = 0;
  #snapshotNumber = 0;

  /** @param arrived Is called when dots have come to where they go. */
  constructor(state: LiveState, tabClient: TabClient, arrived: () => void) {
    this.#dots = new ClientDots(state.shown, arrived);
    this.#state = state;
    this.#tabClient = tabClient;
  }

  /** So wide is the place for the map now. */
  resize(width: number): void {
    this.#width = width;
    this.draw();
  }

  draw(): void {
    const { environment, crowdLocations } = this.#state;
    if (!environment || this.#width < 40) return;
    const drawn = this.#drawnFor(environment);
    this.#dots.show(crowdLocations.clients);
    this.#showNodes(environment, drawn);
    this.#showTabMarker(environment, drawn);
    this.#showEvents(environment, drawn);
  }

  nearestClient(point: Point): number | undefined {
    return this.#dots.nearest(point, 14);
  }

  pointOf(client: number): Point | undefined {
    return this.#dots.pointOf(client);
  }

  #drawnFor(environment: EnvironmentView): DrawnMap {
    const names = [
      ...environment.endpoints.map(({ name }) => name),
      "",
      ...environment.servers.map(toRegion),
    ];
    const key = [this.#width, this.#state.crowd, ...names].join("\n");
    if (this.#drawn?.key === key) return this.#drawn;
    this.#drawn = this.#build(key, environment);
    return this.#drawn;
  }

  #build(key: string, environment: EnvironmentView): DrawnMap {
    const layout = layOut(
      this.#width,
      Math.max(environment.endpoints.length, environment.servers.length),
    );
    const columns = environment.servers.map(({ region }, homeRegion) =>
      columnOf(environment, region, homeRegion),
    );
    this.element.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    this.element.setAttribute("height", String(layout.height));

    const servers = columns.map((column) => {
      const place = layout.columns[column];
      if (!place) throw new Error("no such column");
      return new ServerNode(place.server, layout.isNarrow);
    });
    const endpoints = environment.endpoints.map((_, index) => {
      const place = layout.columns[index];
      if (!place) throw new Error("no such column");
      return new EndpointNode(layout, place.ring);
    });
    const arrows = columns.map((column) => new EventArrow(layout, column));
    const links = new Map<string, LinkLine>();
    for (const [homeRegion, column] of columns.entries()) {
      for (const index of environment.endpoints.keys()) {
        links.set(`${homeRegion}:${index}`, new LinkLine(layout, column, index));
      }
    }
    const dock = dockElements(layout.dock);
    this.#dots.layOut(layout, columns);
    this.element.replaceChildren(
      ...zoneElements(layout, environment.endpoints),
      ...[...links.values(), ...arrows].map(toElement),
      dock.element,
      this.#dots.element,
      dock.label,
      ...[...servers, ...endpoints, this.#tabMarker].map(toElement),
    );
    return { key, layout, servers, endpoints, links, arrows, dock };
  }

  #showNodes(
    environment: EnvironmentView,
    { servers, endpoints, links, arrows, dock }: DrawnMap,
  ): void {
    const { shown: locations } = this.#state;
    const tabOn = this.#tabClient.endpoint;
    for (const [index, endpoint] of environment.endpoints.entries()) {
      const status = statusOf(environment, endpoint);
      endpoints[index]?.show(status, locations.on(index), tabOn === endpoint.name);
    }
    for (const [homeRegion, server] of environment.servers.entries()) {
      servers[homeRegion]?.show(server);
      arrows[homeRegion]?.show(locations.on(columnOf(environment, server.region, homeRegion)) > 0);
      for (const link of server.links) {
        const index = environment.endpoints.findIndex(({ name }) => name === link.endpoint);
        const isAnswer = server.answers === link.endpoint;
        links
          .get(`${homeRegion}:${index}`)
          ?.show(server, link, locations.at(homeRegion, index), isAnswer);
      }
    }
    const without = locations.on(-1);
    setText(dock.countText, without.toLocaleString("en"));
    // A band for nobody would only take room.
    const isEmpty = without === 0 && tabOn !== undefined;
    for (const part of [dock.element, dock.label]) setAttributes(part, { "data-empty": isEmpty });
  }

  #showTabMarker({ endpoints }: EnvironmentView, { layout }: DrawnMap): void {
    const { endpoint } = this.#tabClient;
    const column = endpoints.findIndex(({ name }) => name === endpoint);
    const where = endpoint ? `This tab is on ${endpoint}` : "This tab has no connection";
    this.#tabMarker.show(layout, column, where);
  }

  #showEvents(environment: EnvironmentView, { arrows }: DrawnMap): void {
    const { events, snapshotNumber } = this.#state;
    if (snapshotNumber !== this.#snapshotNumber) this.#lastEventId = 0;
    this.#snapshotNumber = snapshotNumber;
    const newEvents = events.filter(({ id }) => id > this.#lastEventId);
    this.#lastEventId = newEvents.at(-1)?.id ?? this.#lastEventId;
    for (const { kind, server, at } of newEvents) {
      // What was long ago when this page opened is not shown on the map.
      if (kind !== "clientEvent" || Date.now() - at > RECENT_IN_MS) continue;
      arrows[environment.servers.findIndex(({ region }) => region === server)]?.flash();
    }
  }
}

const toRegion = ({ region }: { region: string }): string => region;
const toElement = ({ element }: { element: SVGElement }): SVGElement => element;

/** An app server stands above the endpoint of its region. */
function columnOf({ endpoints }: EnvironmentView, region: string, homeRegion: number): number {
  const own = endpoints.findIndex(({ name }) => name === region);
  return own >= 0 ? own : homeRegion;
}
