import type { Routable } from "./serving-order.ts";

/** Clients of `from` are sent to `to` from now on. */
export interface Movement {
  readonly kind: "failover" | "failback";
  readonly from: string;
  readonly to: string;
}

/**
 * The movements behind a change of the serving endpoints. An endpoint that stopped serving although
 * it could still be used gave way to a better one: that is a failback, and so is the way from a
 * secondary to a primary. Otherwise it was lost, or an operator's order prefers another one.
 */
export function movementsBetween(
  before: readonly Routable[],
  after: readonly Routable[],
  usable: readonly Routable[],
): Movement[] {
  const [to] = after;
  if (to === undefined) return [];
  const left = before.filter(({ name }) => !includes(after, name));
  if (left.length > 0) {
    return left.map(({ name, role }) => {
      const isReturn = role === "secondary" && to.role === "primary";
      const isBetter = includes(usable, name) && !to.forced;
      return { kind: isReturn || isBetter ? "failback" : "failover", from: name, to: to.name };
    });
  }
  const [stayed] = before;
  if (stayed === undefined) return [];
  const joined = after.filter(({ name }) => !includes(before, name));
  return joined.map(({ name }) => ({ kind: "failback", from: stayed.name, to: name }));
}

function includes(endpoints: readonly Routable[], name: string): boolean {
  return endpoints.some((endpoint) => endpoint.name === name);
}
