import type { EndpointView, EnvironmentView, Failback } from "../../contract/live.ts";

/** How the drill has left the environment, and must find it. */
export interface Expectation {
  /** The endpoint that the drill has crashed. */
  readonly broken: string | null;
  readonly failback: Failback;
  readonly clients: number;
}

/** What somebody else has changed meanwhile, in a sentence; null when nobody has. */
export function disturbanceOf(view: EnvironmentView, expected: Expectation): string | null {
  const { topology, failback, servers, endpoints, clientCounts } = view;
  if (topology !== "client-server") return `Somebody switched the topology to ${topology}.`;
  const stopped = servers.find(({ isRunning }) => !isRunning);
  if (stopped) return `The app server in ${stopped.region} is not running any more.`;
  for (const endpoint of endpoints) {
    const found = disturbanceAt(endpoint, endpoint.name === expected.broken);
    if (found) return found;
  }
  if (failback !== expected.failback) return `Somebody set failback to ${failback}.`;
  if (clientCounts.wanted !== expected.clients)
    return `Somebody asked for ${clientCounts.wanted} clients.`;
  return null;
}

function disturbanceAt(endpoint: EndpointView, isBroken: boolean): string | null {
  const { name, fault, isDrained, isForced } = endpoint;
  if (isBroken && fault === null) return `Somebody else has healed ${name}.`;
  if (isBroken && fault !== "crash") return `Somebody else has put a fault into ${name}: ${fault}.`;
  if (!isBroken && fault !== null) return `Somebody else has broken ${name}: ${fault}.`;
  if (isDrained) return `Somebody has drained ${name}.`;
  if (isForced) return `Somebody has forced all clients to ${name}.`;
  return null;
}
