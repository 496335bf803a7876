/** Room for a million to within a few per cent, in 16 KiB; a thousand are counted to within one. */
const BITS = 2 ** 17;

/**
 * Counts how many different members were added, in fixed memory however many there are: linear
 * counting, where each sets one bit and the share of bits that are left tells how many it were. That
 * is closer for small numbers than HyperLogLog, and counts as far as one server can be asked.
 */
export class DistinctCounter {
  readonly #words = new Uint32Array(BITS / 32);
  /** Bits that are left. */
  #zeros = BITS;

  /** @param member A whole number of at least 17 random bits, always the same one for the same member. */
  add(member: number): void {
    const bit = member & (BITS - 1);
    const before = this.#words[bit >>> 5] ?? 0;
    const mask = 1 << (bit & 31);
    if ((before & mask) !== 0) return;
    this.#words[bit >>> 5] = before | mask;
    this.#zeros -= 1;
  }

  /** How many were added. */
  get count(): number {
    return Math.round(BITS * Math.log(BITS / Math.max(this.#zeros, 1)));
  }

  /** Another counter, with what was added to any of these. */
  static merged(counters: readonly DistinctCounter[]): DistinctCounter {
    const merged = new DistinctCounter();
    for (let word = 0; word < BITS / 32; word += 1) {
      let bits = 0;
      for (const counter of counters) bits |= counter.#words[word] ?? 0;
      merged.#words[word] = bits;
      merged.#zeros -= ones(bits);
    }
    return merged;
  }
}

function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
