import type { EndpointRole } from "../contract/endpoint.ts";

/** What routing needs to know of an endpoint. */
export interface Routable {
  readonly name: string;
  readonly role: EndpointRole;
  readonly weight: number | undefined;
  /** Preferred by an operator over every other endpoint. */
  readonly forced?: boolean;
}

/**
 * The endpoints among which negotiate chooses, out of the usable ones in the order given: the one
 * that an operator has forced, else the primaries, else the first secondary. A first secondary with a weight shares with all others
 * that have one. Those that are full come after all others; when everybody is, nobody counts as full.
 *
 * @param isFull Default: there is room everywhere.
 */
export function servingEndpoints<T extends Routable>(
  usable: readonly T[],
  isFull: (endpoint: T) => boolean = () => false,
): T[] {
  const forced = usable.find((endpoint) => endpoint.forced);
  if (forced !== undefined) return [forced];
  const roomy = usable.filter((endpoint) => !isFull(endpoint));
  return servingInOrder(roomy.length > 0 ? roomy : usable);
}

function servingInOrder<T extends Routable>(usable: readonly T[]): T[] {
  const primaries = usable.filter(({ role }) => role === "primary");
  if (primaries.length > 0) return primaries;
  const [first] = usable;
  if (first === undefined) return [];
  return first.weight === undefined ? [first] : usable.filter(({ weight }) => weight !== undefined);
}

/**
 * Picks one of the endpoints, each with the probability of its weight (default 1).
 *
 * @param random A number from 0 (included) to 1 (excluded).
 */
export function pickByWeight<T extends Routable>(
  endpoints: readonly T[],
  random: number,
): T | undefined {
  const weightOf = ({ weight }: T): number => weight ?? 1;
  let rest = random * endpoints.reduce((sum, endpoint) => sum + weightOf(endpoint), 0);
  for (const endpoint of endpoints) {
    rest -= weightOf(endpoint);
    if (rest < 0) return endpoint;
  }
  return endpoints.at(-1);
}
