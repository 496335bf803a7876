import { svg } from "../kit/dom.ts";
import type { Point } from "./layout.ts";

const SHAPES = [
  "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1-1 0Z",
  "M0-1.25L1.25 0L0 1.25L-1.25 0Z",
  "M0-1.2L1.15.9L-1.15.9Z",
  "M-.9-.9H.9V.9H-.9Z",
];

/** One client on the map: the shape and colour of its home region, on its way to a point. */
export class Dot {
  readonly element: SVGPathElement;
  #from: Point;
  #to: Point;
  #at: Point;
  #radius: number;
  #startsAt = 0;
  #durationInMs = 0;
  /** How far its way is from a straight line, as a share of its length. */
  readonly #bend: number;

  constructor(id: number, region: number, at: Point, radius: number) {
    this.element = svg("path", { class: "dot", d: SHAPES[region % 4], "data-region": region % 4 });
    this.#bend = (((id * 61) % 100) / 100 - 0.5) * 0.5;
    this.#from = at;
    this.#to = at;
    this.#at = at;
    this.#radius = radius;
    this.#write();
  }

  get at(): Point {
    return this.#at;
  }

  /** @returns Whether there is a way to go. */
  goTo(to: Point, radius: number, startsAt: number, durationInMs: number): boolean {
    const isThere = to.x === this.#to.x && to.y === this.#to.y && radius === this.#radius;
    if (isThere) return false;
    this.#radius = radius;
    this.#from = this.#at;
    this.#to = to;
    this.#startsAt = startsAt;
    this.#durationInMs = durationInMs;
    return true;
  }

  /** @returns Whether it is there. */
  advance(now: number): boolean {
    const elapsed = (now - this.#startsAt) / this.#durationInMs;
    const progress = this.#durationInMs === 0 ? 1 : Math.min(1, Math.max(0, elapsed));
    const eased = progress < 0.5 ? 4 * progress ** 3 : 1 - (-2 * progress + 2) ** 3 / 2;
    const { x: fromX, y: fromY } = this.#from;
    const dx = this.#to.x - fromX;
    const dy = this.#to.y - fromY;
    const aside = this.#bend * Math.sin(Math.PI * eased);
    this.#at = { x: fromX + dx * eased - dy * aside, y: fromY + dy * eased + dx * aside };
    this.#write();
    return progress === 1;
  }

  #write(): void {
    const { x, y } = this.#at;
    const place = `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${this.#radius.toFixed(2)})`;
    this.element.setAttribute("transform", place);
  }
}
