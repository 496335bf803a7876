/** Draws a number from 0 up to, but never, 1. */
export type RandomSource = () => number;

/** Numbers that are the same each time for the same seed. Not fit for secrets. */
export function createRandomSource(seed: number): RandomSource {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Picks that share of the items at random; one at least, if there is any. */
export function pickShare<T>(items: readonly T[], share: number, random: RandomSource): T[] {
  const count = Math.max(1, Math.round(share * items.length));
  const remaining = [...items];
  const picked: T[] = [];
  while (remaining.length > 0 && picked.length < count) {
    picked.push(...remaining.splice(Math.floor(random() * remaining.length), 1));
  }
  return picked;
}
