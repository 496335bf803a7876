import type { EnvironmentView } from "../../contract/live.ts";
import { setText, svg } from "../kit/dom.ts";
import type { LiveState } from "../live/live-state.ts";
import type { Me } from "../live/tab-client.ts";
import { ClientDots } from "./client-dots.ts";
import { EndpointNode } from "./endpoint-node.ts";
import { statusOf } from "./endpoint-status.ts";
import { type Layout, layOut, type Point } from "./layout.ts";
import { EventArrow, LinkLine } from "./link-lines.ts";
import { dockElements, zoneElements } from "./region-zones.ts";
import { ServerNode } from "./server-node.ts";
import { You } from "./tab-marker.ts";

const STILL_NEWS_IN_MS = 2000;

interface Scene {
  readonly key: string;
  readonly layout: Layout;
  readonly servers: readonly ServerNode[];
  readonly endpoints: readonly EndpointNode[];
  /** By server and endpoint. */
  readonly links: ReadonlyMap<string, LinkLine>;
  readonly arrows: readonly EventArrow[];
  readonly dockCount: SVGTextElement;
}

/** The regions, who is linked to whom, and all clients, as they are now. */
export class RegionMap {
  readonly topics = ["environment", "clients", "me", "events", "link"] as const;
  readonly element = svg("svg", { class: "region-map", "aria-hidden": "true" });
  readonly #state: LiveState;
  readonly #me: Me;
  readonly #dots = new ClientDots();
  readonly #you = new You();
  #width = 0;
  #scene: Scene | undefined;
  #lastEventId = 0;
  #telling = 0;

  constructor(state: LiveState, me: Me) {
    this.#state = state;
    this.#me = me;
  }

  /** So wide is the place for the map now. */
  resize(width: number): void {
    this.#width = width;
    this.draw();
  }

  draw(): void {
    const { environment, census } = this.#state;
    if (!environment || this.#width < 40) return;
    const scene = this.#sceneFor(environment);
    this.#showNodes(environment, scene);
    this.#dots.show(census.clients);
    this.#showYou(environment, scene);
    this.#showEvents(environment, scene);
  }

  nearestClient(point: Point): number | undefined {
    return this.#dots.nearest(point, 14);
  }

  pointOf(client: number): Point | undefined {
    return this.#dots.pointOf(client);
  }

  #sceneFor(environment: EnvironmentView): Scene {
    const names = [
      ...environment.endpoints.map(({ name }) => name),
      "",
      ...environment.servers.map(toRegion),
    ];
    const key = [this.#width, ...names].join("\n");
    if (this.#scene?.key === key) return this.#scene;
    this.#scene = this.#build(key, environment);
    return this.#scene;
  }

  #build(key: string, environment: EnvironmentView): Scene {
    const layout = layOut(
      this.#width,
      Math.max(environment.endpoints.length, environment.servers.length),
    );
    const columns = environment.servers.map(({ region }, home) =>
      columnOf(environment, region, home),
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
    for (const [home, column] of columns.entries()) {
      for (const index of environment.endpoints.keys()) {
        links.set(`${home}:${index}`, new LinkLine(layout, column, index));
      }
    }
    const dock = dockElements(layout.dock);
    this.#dots.layOut(layout, columns);
    this.element.replaceChildren(
      ...zoneElements(layout, environment.endpoints),
      dock.element,
      ...[...links.values(), ...arrows].map(toElement),
      this.#dots.element,
      ...[...servers, ...endpoints, this.#you].map(toElement),
    );
    return { key, layout, servers, endpoints, links, arrows, dockCount: dock.count };
  }

  #showNodes(
    environment: EnvironmentView,
    { servers, endpoints, links, arrows, dockCount }: Scene,
  ): void {
    const { census } = this.#state;
    for (const [index, endpoint] of environment.endpoints.entries()) {
      endpoints[index]?.show(statusOf(environment, endpoint), census.on(index));
    }
    for (const [home, server] of environment.servers.entries()) {
      servers[home]?.show(server);
      arrows[home]?.show(census.on(columnOf(environment, server.region, home)) > 0);
      for (const link of server.links) {
        const index = environment.endpoints.findIndex(({ name }) => name === link.endpoint);
        const isAnswer = server.answers === link.endpoint;
        links.get(`${home}:${index}`)?.show(server, link, census.at(home, index), isAnswer);
      }
    }
    setText(dockCount, census.on(-1).toLocaleString("en"));
  }

  #showYou({ endpoints }: EnvironmentView, { layout }: Scene): void {
    const { endpoint } = this.#me;
    const column = endpoints.findIndex(({ name }) => name === endpoint);
    const where = endpoint ? `This tab is on ${endpoint}` : "This tab has no connection";
    this.#you.show(layout, column, where);
  }

  #showEvents(environment: EnvironmentView, { arrows }: Scene): void {
    const { events, telling } = this.#state;
    if (telling !== this.#telling) this.#lastEventId = 0;
    this.#telling = telling;
    const news = events.filter(({ id }) => id > this.#lastEventId);
    this.#lastEventId = news.at(-1)?.id ?? this.#lastEventId;
    for (const { kind, server, at } of news) {
      // What was long ago when this page opened is no news on the map.
      if (kind !== "clientEvent" || Date.now() - at > STILL_NEWS_IN_MS) continue;
      arrows[environment.servers.findIndex(({ region }) => region === server)]?.flash();
    }
  }
}

const toRegion = ({ region }: { region: string }): string => region;
const toElement = ({ element }: { element: SVGElement }): SVGElement => element;

/** An app server stands above the endpoint of its region. */
function columnOf({ endpoints }: EnvironmentView, region: string, home: number): number {
  const own = endpoints.findIndex(({ name }) => name === region);
  return own >= 0 ? own : home;
}
