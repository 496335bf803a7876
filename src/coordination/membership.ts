import type { Observation } from "../contract/coordination.ts";
import { type Heartbeat, parseHeartbeat } from "./heartbeat.ts";

/** The last heartbeat of a peer. Times are monotonic milliseconds of the server that reads. */
interface FoundHeartbeat {
  readonly text: string;
  readonly heartbeat: Heartbeat;
  /** It had not been sent yet when the store was read the last time before; -Infinity if it never was. */
  readonly sentAfter: number;
  /** When the store was read that had it. */
  readonly foundAt: number;
}

/** The peers that the store has heartbeats of, by their ids. */
export interface Membership {
  readonly readAt: number;
  readonly heartbeats: ReadonlyMap<string, FoundHeartbeat>;
}

export const UNREAD_MEMBERSHIP: Membership = {
  readAt: Number.NEGATIVE_INFINITY,
  heartbeats: new Map(),
};

/**
 * The membership after another read of the store. A peer shows that it lives by a new heartbeat: so
 * nobody's clock is compared with that of another.
 *
 * @param readAt When the store was asked.
 */
export function updateMembership(
  before: Membership,
  texts: ReadonlyMap<string, string>,
  readAt: number,
): Membership {
  const heartbeats = [...texts].map(([server, text]): [string, FoundHeartbeat] => {
    const known = before.heartbeats.get(server);
    if (known?.text === text) return [server, known];
    const heartbeat = parseHeartbeat(text);
    // A write that was under way for long may have overtaken a newer one.
    if (known && heartbeat.sequence < known.heartbeat.sequence) return [server, known];
    return [server, { text, heartbeat, sentAfter: before.readAt, foundAt: readAt }];
  });
  return { readAt, heartbeats: new Map(heartbeats) };
}

/** What those see who have sent a new heartbeat within the lease. */
export function presentPeers(
  { heartbeats }: Membership,
  leaseInMs: number,
  now: number,
): ReadonlyMap<string, Observation> {
  const fresh = [...heartbeats].filter(([, { foundAt }]) => now - foundAt <= leaseInMs);
  return new Map(fresh.map(([server, { heartbeat }]) => [server, heartbeat.endpoints]));
}

/**
 * The votes of the peers that may live. What was found the first time may have been sent long ago, by
 * a server that is no more: it counts as one that lives, and as not knowing how the endpoints are.
 */
export function voters({ readAt, heartbeats }: Membership, leaseInMs: number): Observation[] {
  const fresh = [...heartbeats.values()].filter(({ foundAt }) => readAt - foundAt <= leaseInMs);
  return fresh.map(({ heartbeat, sentAfter }) => {
    if (readAt - sentAfter <= leaseInMs) return heartbeat.endpoints;
    return heartbeat.endpoints.map((endpoint) => ({ ...endpoint, state: "unknown" }));
  });
}

/** Those who have been silent for so long that they will not come back under that id. */
export function departedPeers({ readAt, heartbeats }: Membership, leaseInMs: number): string[] {
  const isGone = ({ foundAt }: FoundHeartbeat): boolean => readAt - foundAt > 3 * leaseInMs;
  return [...heartbeats].filter(([, found]) => isGone(found)).map(([server]) => server);
}
