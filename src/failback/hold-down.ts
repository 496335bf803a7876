import type { Routable } from "../endpoints/serving-order.ts";

/** Primaries that clients would come home to, and since when each could take them, monotonic ms. */
export type Steadiness<T> = ReadonlyMap<T, number>;

interface Home extends Routable {
  readonly isUsable: boolean;
  /** Preferred by an operator over every other endpoint. */
  readonly forced: boolean;
}

/**
 * What is known after a look at the endpoints. Whoever cannot take clients at the moment is
 * forgotten, and begins anew. While an operator has forced negotiate to one endpoint, no other is a
 * home.
 */
export function observeHomes<T extends Home>(
  known: Steadiness<T>,
  endpoints: readonly T[],
  now: number,
): Steadiness<T> {
  const forced = endpoints.filter((endpoint) => endpoint.forced);
  const homes = (forced.length > 0 ? forced : endpoints).filter(
    ({ role, isUsable }) => role === "primary" && isUsable,
  );
  return new Map(homes.map((home) => [home, known.get(home) ?? now]));
}

/**
 * For how long it has been safe to call clients home; negative until the hold-down is over,
 * undefined without any home. With several primaries the youngest counts, since a client that is
 * closed may be sent to any of them.
 */
export function calmForInMs<T>(
  steadiness: Steadiness<T>,
  holdDownInMs: number,
  now: number,
): number | undefined {
  if (steadiness.size === 0) return undefined;
  return now - Math.max(...steadiness.values()) - holdDownInMs;
}
