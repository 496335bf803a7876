import { svg } from "../kit/dom.ts";
import type { ClientLocation, ClientLocations } from "../live/client-locations.ts";
import { Dot } from "./dot.ts";
import { DotCluster } from "./dot-cluster.ts";
import { positionsAround, positionsInDock } from "./dot-positions.ts";
import type { Layout, Point } from "./layout.ts";

const NOWHERE = -1;
const MOVE_DURATION_IN_MS = 600;
const SHIFT_DURATION_IN_MS = 380;
const maxStartDelayInMs = 180;

interface ClientDot {
  readonly dot: Dot;
  readonly homeRegion: number;
  endpoint: number;
  cluster: DotCluster;
  /** On the way from one place to another. */
  isFlying: boolean;
}

/** All clients as dots, each travelling to where its connection is. */
export class ClientDots {
  readonly element = svg("g", { class: "client-dots" });
  readonly #dots = new Map<number, ClientDot>();
  readonly #moving = new Map<number, ClientDot>();
  readonly #shown: ClientLocations;
  readonly #arrived: () => void;
  readonly #prefersReducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  #clusters = new Map<number, DotCluster>();
  #columnOfHomeRegion: readonly number[] = [];
  #isAnimated = false;

  /**
   * @param shown Is told where the dots are.
   * @param arrived Is called when some have come to where they go.
   */
  constructor(shown: ClientLocations, arrived: () => void) {
    this.#shown = shown;
    this.#arrived = arrived;
  }

  /** A new map: everybody is put in their place on it. */
  layOut(layout: Layout, columnOfHomeRegion: readonly number[]): void {
    this.#columnOfHomeRegion = columnOfHomeRegion;
    this.#clusters = new Map(
      layout.columns.map((column, index) => [
        index,
        new DotCluster((capacity) => positionsAround(column, layout, capacity)),
      ]),
    );
    this.#clusters.set(
      NOWHERE,
      new DotCluster((capacity) => positionsInDock(layout.dock, capacity)),
    );
    this.#moving.clear();
    this.#dots.clear();
    this.#shown.clear();
    this.element.replaceChildren();
  }

  show(clients: ReadonlyMap<number, ClientLocation>): void {
    const moved = this.#regroup(clients);
    for (const cluster of this.#clusters.values()) cluster.settle();
    this.#addDots(clients);
    this.#startMoves(moved);
  }

  /** The client whose dot is nearest to a point, within so many pixels. */
  nearest({ x, y }: Point, within: number): number | undefined {
    let best: number | undefined;
    let least = within;
    for (const [id, { dot }] of this.#dots) {
      const distance = Math.hypot(dot.at.x - x, dot.at.y - y);
      if (distance >= least) continue;
      least = distance;
      best = id;
    }
    return best;
  }

  pointOf(id: number): Point | undefined {
    return this.#dots.get(id)?.dot.at;
  }

  /** @returns Who has another place than before. */
  #regroup(clients: ReadonlyMap<number, ClientLocation>): Set<number> {
    const moved = new Set<number>();
    for (const [id, member] of this.#dots) {
      const now = clients.get(id);
      if (now?.homeRegion !== member.homeRegion) this.#removeDot(id, member);
      else if (this.#clusterOf(now) !== member.cluster) {
        member.cluster.remove(id);
        member.cluster = this.#clusterOf(now);
        member.cluster.add(id);
        member.endpoint = now.endpoint;
        member.isFlying = true;
        this.#shown.apply([[id, member.homeRegion, NOWHERE]]);
        moved.add(id);
      }
    }
    for (const [id, client] of clients) {
      if (!this.#dots.has(id)) this.#clusterOf(client).add(id);
    }
    return moved;
  }

  #addDots(clients: ReadonlyMap<number, ClientLocation>): void {
    for (const [id, client] of clients) {
      if (this.#dots.has(id)) continue;
      const cluster = this.#clusterOf(client);
      const at = cluster.pointOf(id) ?? { x: 0, y: 0 };
      const column = this.#columnOfHomeRegion[client.homeRegion] ?? client.homeRegion;
      const dot = new Dot(id, column, at, cluster.radius);
      const { homeRegion, endpoint } = client;
      this.#dots.set(id, { dot, homeRegion, endpoint, cluster, isFlying: false });
      this.#shown.apply([[id, homeRegion, endpoint]]);
      this.element.append(dot.element);
    }
  }

  #startMoves(moved: ReadonlySet<number>): void {
    const now = performance.now();
    for (const [id, member] of this.#dots) {
      const { dot, cluster } = member;
      const to = cluster.pointOf(id);
      if (!to) continue;
      const isFar = moved.has(id);
      const startsAt = isFar ? now + ((id * 37) % 100) * (maxStartDelayInMs / 100) : now;
      const isOff = dot.goTo(to, cluster.radius, startsAt, this.#durationOf(isFar));
      if (isOff) this.#moving.set(id, member);
      else if (!this.#moving.has(id)) this.#land(id, member);
    }
    this.#animate();
  }

  #durationOf(isFar: boolean): number {
    if (this.#prefersReducedMotion.matches) return 0;
    return isFar ? MOVE_DURATION_IN_MS : SHIFT_DURATION_IN_MS;
  }

  #animate(): void {
    if (this.#isAnimated || this.#moving.size === 0) return;
    this.#isAnimated = true;
    requestAnimationFrame((now) => {
      this.#isAnimated = false;
      let hasLanded = false;
      for (const [id, member] of this.#moving) {
        if (!member.dot.advance(now)) continue;
        this.#moving.delete(id);
        hasLanded = this.#land(id, member) || hasLanded;
      }
      if (hasLanded) this.#arrived();
      this.#animate();
    });
  }

  /** @returns Whether it was on the way. */
  #land(id: number, member: ClientDot): boolean {
    if (!member.isFlying) return false;
    member.isFlying = false;
    this.#shown.apply([[id, member.homeRegion, member.endpoint]]);
    return true;
  }

  #removeDot(id: number, { dot, cluster }: ClientDot): void {
    cluster.remove(id);
    dot.element.remove();
    this.#moving.delete(id);
    this.#dots.delete(id);
    this.#shown.apply([[id, NOWHERE, NOWHERE]]);
  }

  #clusterOf({ endpoint }: ClientLocation): DotCluster {
    const cluster = this.#clusters.get(endpoint) ?? this.#clusters.get(NOWHERE);
    if (!cluster) throw new Error("the map has no places yet");
    return cluster;
  }
}
