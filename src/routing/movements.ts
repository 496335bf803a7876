import type { Routable } from "./serving.ts";

/** Clients of `from` are sent to `to` from now on. */
export interface Movement {
  readonly kind: "failover" | "failback";
  readonly from: string;
  readonly to: string;
}

/**
 * The movements behind a change of the serving endpoints. `order` is the order of configuration;
 * a move up in rank (primaries before secondaries, then by that order) is a failback.
 */
export function movementsBetween(
  before: readonly Routable[],
  after: readonly Routable[],
  order: readonly string[],
): Movement[] {
  const [to] = after;
  if (to === undefined) return [];
  const left = before.filter(({ name }) => !includes(after, name));
  if (left.length > 0) {
    return left.map((from) => ({
      kind: rank(to, order) < rank(from, order) ? "failback" : "failover",
      from: from.name,
      to: to.name,
    }));
  }
  const [stayed] = before;
  const joined = after.filter(({ name }) => !includes(before, name));
  if (stayed === undefined) return [];
  return joined.map(({ name }) => ({ kind: "failback", from: stayed.name, to: name }));
}

function rank({ name, role }: Routable, order: readonly string[]): number {
  const position = order.indexOf(name);
  // A removed endpoint keeps its role's rank, behind all that are still there.
  const place = position === -1 ? order.length : position;
  return role === "primary" ? place : order.length + 1 + place;
}

function includes(endpoints: readonly Routable[], name: string): boolean {
  return endpoints.some((endpoint) => endpoint.name === name);
}
