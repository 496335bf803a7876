/** Throws a number from 0 up to, but never, 1. */
export type Dice = () => number;

/** Dice that fall the same way each time they start from the same seed. Not fit for secrets. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Takes that share of the items by lot; one at least, if there is any. */
export function drawShare<T>(items: readonly T[], share: number, dice: Dice): T[] {
  const count = Math.max(1, Math.round(share * items.length));
  const urn = [...items];
  const drawn: T[] = [];
  while (urn.length > 0 && drawn.length < count) {
    drawn.push(...urn.splice(Math.floor(dice() * urn.length), 1));
  }
  return drawn;
}
