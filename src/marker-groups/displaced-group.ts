import type { Identity } from "../contract/options.ts";
import type { Routable } from "../endpoints/serving-order.ts";
import { MARKER_PREFIX } from "./marker.ts";

const GROUP_PREFIX = `${MARKER_PREFIX}displaced-from.`;

/** The group of all clients that belong to this primary, on whatever secondary they are. */
export const displacedGroup = (primary: string): string => GROUP_PREFIX + primary;

/** The primary whose group of displaced clients it is; undefined for any other group. */
export const primaryOf = (group: unknown): string | undefined =>
  typeof group === "string" && group.startsWith(GROUP_PREFIX)
    ? group.slice(GROUP_PREFIX.length)
    : undefined;

interface Placeable extends Routable {
  readonly isUsable: boolean;
  /** False when an operator keeps it out of negotiate. */
  readonly isInRotation: boolean;
}

/** How a client came to the endpoint that it is about to be sent to. */
export interface Placement<T extends Placeable> {
  readonly chosen: T;
  readonly all: readonly T[];
  /** Those that were out of the question for this client. */
  readonly avoided: ReadonlySet<T>;
  /** Whether the application has a router of its own. */
  readonly isRouted: boolean;
}

/**
 * The identity, marked as displaced from its primary when it is. A client that the application's router
 * sends to a secondary although a primary could take it is not displaced: to close it would only make
 * it go round in circles.
 */
export function markDisplaced<T extends Placeable>(
  identity: Identity,
  placement: Placement<T>,
): Identity {
  const primary = displacedFrom(placement);
  if (primary === undefined) return identity;
  return { ...identity, groups: [...(identity.groups ?? []), displacedGroup(primary.name)] };
}

/** Undefined for a client that is not displaced. Several primaries are equals, so any one will do. */
function displacedFrom<T extends Placeable>({
  chosen,
  all,
  avoided,
  isRouted,
}: Placement<T>): T | undefined {
  if (chosen.role === "primary") return undefined;
  const primaries = all.filter(({ role }) => role === "primary");
  const isByChoice = isRouted && primaries.some((one) => one.isUsable && !avoided.has(one));
  if (isByChoice) return undefined;
  // One that an operator has taken out may soon be gone, and nobody would look for its clients then.
  return primaries.find(({ isInRotation }) => isInRotation) ?? primaries[0];
}
