import type { ClientMove, Environment } from "../../contract/environment.ts";
import type { ClientView, Measured } from "../../contract/live.ts";
import { distributionOf } from "../../kit/distribution.ts";

/** Clients that are not on the endpoint of their home region. */
export function displacedClients({ clients }: Environment): ClientView[] {
  return clients.views.filter(({ homeRegion, endpoint }) => homeRegion !== endpoint);
}

export function idsOn(endpoint: string, { clients }: Environment): ReadonlySet<number> {
  return new Set(clients.views.filter((it) => it.endpoint === endpoint).map(({ id }) => id));
}

/** The last move of each of these clients away from there, since then. */
export function movesFrom(
  from: string,
  {
    ids,
    since,
    environment,
  }: { ids: ReadonlySet<number>; since: number; environment: Environment },
): ClientMove[] {
  const moves = new Map<number, ClientMove>();
  for (const move of environment.clients.moves.entries) {
    if (move.from === from && move.at >= since && ids.has(move.id)) moves.set(move.id, move);
  }
  return [...moves.values()];
}

export function downtimesOf(moves: readonly ClientMove[]): Measured[] {
  const { p50, p99 } = distributionOf(moves.map(({ downtimeInMs }) => downtimeInMs));
  return [
    { label: "downtime p50", value: Math.round(p50), unit: "ms" },
    { label: "downtime p99", value: Math.round(p99), unit: "ms" },
  ];
}
