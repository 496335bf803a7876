import { svg } from "../kit/dom.ts";
import type { Whereabouts } from "../live/client-locations.ts";
import { Dot } from "./dot.ts";
import { Cluster } from "./dot-cluster.ts";
import { placesAround, placesInDock } from "./dot-positions.ts";
import type { Layout, Point } from "./layout.ts";

const NOWHERE = -1;
const JOURNEY_IN_MS = 850;
const STEP_ASIDE_IN_MS = 380;
const LATEST_START_IN_MS = 260;

interface Member {
  readonly dot: Dot;
  readonly home: number;
  cluster: Cluster;
}

/** All clients as dots, each travelling to where its connection is. */
export class ClientDots {
  readonly element = svg("g", { class: "crowd" });
  readonly #members = new Map<number, Member>();
  readonly #moving = new Set<Dot>();
  readonly #prefersStillness = matchMedia("(prefers-reduced-motion: reduce)");
  #clusters = new Map<number, Cluster>();
  #columnOfHome: readonly number[] = [];
  #isAnimated = false;

  /** A new map: everybody is put in their place on it. */
  layOut(layout: Layout, columnOfHome: readonly number[]): void {
    this.#columnOfHome = columnOfHome;
    this.#clusters = new Map(
      layout.columns.map((column, index) => [
        index,
        new Cluster((capacity) => placesAround(column, layout, capacity)),
      ]),
    );
    this.#clusters.set(NOWHERE, new Cluster((capacity) => placesInDock(layout.dock, capacity)));
    this.#moving.clear();
    this.#members.clear();
    this.element.replaceChildren();
  }

  show(clients: ReadonlyMap<number, Whereabouts>): void {
    const travellers = this.#regroup(clients);
    for (const cluster of this.#clusters.values()) cluster.settle();
    this.#welcome(clients);
    this.#send(travellers);
  }

  /** The client whose dot is nearest to a point, within so many pixels. */
  nearest({ x, y }: Point, within: number): number | undefined {
    let best: number | undefined;
    let least = within;
    for (const [id, { dot }] of this.#members) {
      const distance = Math.hypot(dot.at.x - x, dot.at.y - y);
      if (distance >= least) continue;
      least = distance;
      best = id;
    }
    return best;
  }

  pointOf(id: number): Point | undefined {
    return this.#members.get(id)?.dot.at;
  }

  /** @returns Who has another place than before. */
  #regroup(clients: ReadonlyMap<number, Whereabouts>): Set<number> {
    const travellers = new Set<number>();
    for (const [id, member] of this.#members) {
      const now = clients.get(id);
      if (now?.home !== member.home) this.#dismiss(id, member);
      else if (this.#clusterOf(now) !== member.cluster) {
        member.cluster.remove(id);
        member.cluster = this.#clusterOf(now);
        member.cluster.add(id);
        travellers.add(id);
      }
    }
    for (const [id, client] of clients) {
      if (!this.#members.has(id)) this.#clusterOf(client).add(id);
    }
    return travellers;
  }

  #welcome(clients: ReadonlyMap<number, Whereabouts>): void {
    for (const [id, client] of clients) {
      if (this.#members.has(id)) continue;
      const cluster = this.#clusterOf(client);
      const at = cluster.pointOf(id) ?? { x: 0, y: 0 };
      const column = this.#columnOfHome[client.home] ?? client.home;
      const dot = new Dot(id, column, at, cluster.radius);
      this.#members.set(id, { dot, home: client.home, cluster });
      this.element.append(dot.element);
    }
  }

  #send(travellers: ReadonlySet<number>): void {
    const now = performance.now();
    for (const [id, { dot, cluster }] of this.#members) {
      const to = cluster.pointOf(id);
      if (!to) continue;
      const isFar = travellers.has(id);
      const startsAt = isFar ? now + ((id * 37) % 100) * (LATEST_START_IN_MS / 100) : now;
      const isOff = dot.goTo(to, cluster.radius, startsAt, this.#durationOf(isFar));
      if (isOff) this.#moving.add(dot);
    }
    this.#animate();
  }

  #durationOf(isFar: boolean): number {
    if (this.#prefersStillness.matches) return 0;
    return isFar ? JOURNEY_IN_MS : STEP_ASIDE_IN_MS;
  }

  #animate(): void {
    if (this.#isAnimated || this.#moving.size === 0) return;
    this.#isAnimated = true;
    requestAnimationFrame((now) => {
      this.#isAnimated = false;
      for (const dot of this.#moving) if (dot.advance(now)) this.#moving.delete(dot);
      this.#animate();
    });
  }

  #dismiss(id: number, { dot, cluster }: Member): void {
    cluster.remove(id);
    dot.element.remove();
    this.#moving.delete(dot);
    this.#members.delete(id);
  }

  #clusterOf({ endpoint }: Whereabouts): Cluster {
    const cluster = this.#clusters.get(endpoint) ?? this.#clusters.get(NOWHERE);
    if (!cluster) throw new Error("the map has no places yet");
    return cluster;
  }
}
