import type { DotPositions } from "./dot-positions.ts";
import type { Point } from "./layout.ts";

const CAPACITIES = [30, 60, 120, 180, 250, 350, 500];

/** The clients at one place of the map. Its capacity follows their number in steps, not one by one. */
export class DotCluster {
  readonly #positionsFor: (capacity: number) => DotPositions;
  readonly #ids: number[] = [];
  readonly #slots = new Map<number, number>();
  #capacity = 0;
  #positions: DotPositions = { points: [], radius: 0 };

  constructor(positionsFor: (capacity: number) => DotPositions) {
    this.#positionsFor = positionsFor;
  }

  get radius(): number {
    return this.#positions.radius;
  }

  add(id: number): void {
    this.#slots.set(id, this.#ids.push(id) - 1);
  }

  /** The last one takes the place that becomes free, so that only one moves. */
  remove(id: number): void {
    const slot = this.#slots.get(id);
    const last = this.#ids.pop();
    if (slot === undefined || last === undefined) return;
    this.#slots.delete(id);
    if (last === id) return;
    this.#ids[slot] = last;
    this.#slots.set(last, slot);
  }

  /** To be called when all have come and gone. */
  settle(): void {
    const needed = this.#ids.length;
    const capacity = CAPACITIES.find((size) => size >= needed) ?? needed;
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    this.#positions = this.#positionsFor(capacity);
  }

  pointOf(id: number): Point | undefined {
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : this.#positions.points[slot];
  }
}
