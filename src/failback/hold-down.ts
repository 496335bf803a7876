import type { Routable } from "../endpoints/serving-order.ts";

/** Primaries that displaced clients would return to, and since when each could take them, monotonic ms. */
export type UsableSince<T> = ReadonlyMap<T, number>;

interface FailbackTarget extends Routable {
  readonly isUsable: boolean;
  /** Preferred by an operator over every other endpoint. */
  readonly forced: boolean;
}

/**
 * What is known after a look at the endpoints. Whoever cannot take clients at the moment is
 * forgotten, and begins anew. While an operator has forced negotiate to one endpoint, nobody would
 * return to another.
 */
export function updateUsableSince<T extends FailbackTarget>(
  known: UsableSince<T>,
  endpoints: readonly T[],
  now: number,
): UsableSince<T> {
  const forced = endpoints.filter((endpoint) => endpoint.forced);
  const targets = (forced.length > 0 ? forced : endpoints).filter(
    ({ role, isUsable }) => role === "primary" && isUsable,
  );
  return new Map(targets.map((target) => [target, known.get(target) ?? now]));
}

/**
 * For how long it has been safe to move clients back; negative until the hold-down is over,
 * undefined when there is nowhere to move them to. With several primaries the youngest counts, since a client that is
 * closed may be sent to any of them.
 */
export function pastHoldDownInMs<T>(
  usableSince: UsableSince<T>,
  holdDownInMs: number,
  now: number,
): number | undefined {
  if (usableSince.size === 0) return undefined;
  return now - Math.max(...usableSince.values()) - holdDownInMs;
}
