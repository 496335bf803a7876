/** A set of whole numbers from 0 on that has few holes: a bit for each. */
export class NumberSet {
  #bits: Uint8Array;

  constructor(bits: Uint8Array = new Uint8Array(32)) {
    this.#bits = bits;
  }

  static fromText(text: string): NumberSet {
    return new NumberSet(new Uint8Array(Buffer.from(text, "base64")));
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  /** @returns Whether it had been there before. */
  add(number: number): boolean {
    const isThere = this.has(number);
    const index = number >> 3;
    if (index >= this.#bits.length) {
      const larger = new Uint8Array(2 * index);
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[index] = (this.#bits[index] ?? 0) | (1 << (number & 7));
    return isThere;
  }

  toText(): string {
    const end = this.#bits.findLastIndex((byte) => byte !== 0) + 1;
    return Buffer.from(this.#bits.subarray(0, end)).toString("base64");
  }
}
