const NONE = -1;
const BUCKET_IN_MS = 4;

/**
 * What is to happen next, for very many: each has one time at most. Times are put into buckets of a
 * few milliseconds, and a bucket is sorted when its turn comes, so that each event costs the same
 * however many there are.
 */
export class Calendar {
  readonly #dueAt: Float64Array;
  /** The next one in the same bucket. */
  readonly #next: Int32Array;
  #first = new Int32Array(1024).fill(NONE);
  #bucket = 0;
  #size = 0;

  constructor(members: number) {
    this.#dueAt = new Float64Array(members);
    this.#next = new Int32Array(members).fill(NONE);
  }

  get size(): number {
    return this.#size;
  }

  /** @param at Milliseconds from 0 on; what is over already happens at once. */
  plan(member: number, at: number): void {
    const bucket = Math.max(this.#bucket, Math.floor(at / BUCKET_IN_MS));
    while (bucket >= this.#first.length) this.#grow();
    this.#dueAt[member] = at;
    this.#next[member] = this.#first[bucket] as number;
    this.#first[bucket] = member;
    this.#size += 1;
  }

  /** Nothing of what was planned happens. */
  clear(): void {
    this.#first.fill(NONE);
    this.#size = 0;
  }

  /** Calls for everything up to that time, in the order of the times. What is planned meanwhile is included. */
  runUntil(until: number, call: (member: number, now: number) => void): void {
    const last = Math.floor(until / BUCKET_IN_MS);
    const due: number[] = [];
    for (; this.#bucket < last; this.#bucket += 1) {
      let now = this.#bucket * BUCKET_IN_MS;
      while ((this.#first[this.#bucket] ?? NONE) !== NONE) {
        due.length = 0;
        for (let one = this.#first[this.#bucket] as number; one !== NONE; ) {
          due.push(one);
          one = this.#next[one] as number;
        }
        this.#first[this.#bucket] = NONE;
        due.sort((a, b) => (this.#dueAt[a] as number) - (this.#dueAt[b] as number));
        this.#size -= due.length;
        for (const one of due) {
          now = Math.max(now, this.#dueAt[one] as number);
          call(one, now);
        }
      }
    }
  }

  #grow(): void {
    const grown = new Int32Array(2 * this.#first.length).fill(NONE);
    grown.set(this.#first);
    this.#first = grown;
  }
}
