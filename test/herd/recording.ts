import type { Admission } from "../../src/negotiate/rate-limiter.ts";

/** A count for each second; there are as many as it takes. */
export class PerSecond {
  #counts = new Uint32Array(256);
  length = 0;

  add(second: number): void {
    if (second >= this.#counts.length) {
      const grown = new Uint32Array(Math.max(second + 1, 2 * this.#counts.length));
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#counts[second] = (this.#counts[second] ?? 0) + 1;
    this.length = Math.max(this.length, second + 1);
  }

  get counts(): readonly number[] {
    return [...this.#counts.subarray(0, this.length)];
  }
}

/** What came of a run. Times are in seconds since the region died. */
export class Recording {
  readonly requests = new PerSecond();
  readonly refusals = new PerSecond();
  readonly accepts = new PerSecond();
  readonly readRequests = new PerSecond();
  readonly reads = new PerSecond();
  /** When each client was let in; NaN: not at all. */
  readonly acceptedAt: Float64Array;
  /** Since there is somewhere to be sent. */
  readonly requestsOf: Uint16Array;
  /** When each client had what it had missed; NaN: not at all. */
  readonly caughtUpAt: Float64Array;
  /** By all servers together, after one interval. */
  counted = 0;
  /** From when on there was somewhere to be sent. */
  backAt = 0;
  #begunAt = 0;
  #lastAt = 0;

  constructor(clients: number) {
    this.acceptedAt = new Float64Array(clients).fill(Number.NaN);
    this.caughtUpAt = new Float64Array(clients).fill(Number.NaN);
    this.requestsOf = new Uint16Array(clients);
  }

  /** So far. */
  get seconds(): number {
    return this.#lastAt;
  }

  begin(now: number): void {
    this.#begunAt = now;
  }

  isBack(): void {
    this.backAt = this.#lastAt;
    this.requestsOf.fill(0);
  }

  negotiated(client: number, now: number, { inMs }: Admission): void {
    const at = this.#secondsAt(now);
    const second = Math.floor(at);
    this.requests.add(second);
    this.requestsOf[client] = (this.requestsOf[client] ?? 0) + 1;
    if (inMs === undefined) {
      this.refusals.add(second);
      return;
    }
    const acceptedAt = at + inMs / 1000;
    this.accepts.add(Math.floor(acceptedAt));
    this.acceptedAt[client] = acceptedAt;
  }

  read(client: number, now: number, { inMs }: Admission): void {
    const at = this.#secondsAt(now);
    this.readRequests.add(Math.floor(at));
    if (inMs === undefined) return;
    const readAt = at + inMs / 1000;
    this.reads.add(Math.floor(readAt));
    this.caughtUpAt[client] = readAt;
  }

  #secondsAt(now: number): number {
    this.#lastAt = (now - this.#begunAt) / 1000;
    return this.#lastAt;
  }
}
