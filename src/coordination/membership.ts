import type { Observation } from "../contract/coordination.ts";
import { type Heartbeat, parseHeartbeat } from "./heartbeat.ts";

/** A peer that may live. Times are monotonic milliseconds of the server that reads. */
interface KnownPeer {
  /** Its last heartbeat; undefined while nothing but its name is known, from the record. */
  readonly found: { readonly text: string; readonly heartbeat: Heartbeat } | undefined;
  /** The heartbeat had not been sent yet when the store was read the last time before; -Infinity if it never was. */
  readonly sentAfter: number;
  /** For how long this server has listened since without hearing of it. */
  readonly silentInMs: number;
  /** Whether the store still has its heartbeat. */
  readonly isStored: boolean;
}

/** The peers, by their ids, as one server knows them that reads all heartbeats again and again. */
export interface Membership {
  readonly readAt: number;
  readonly peers: ReadonlyMap<string, KnownPeer>;
  /** For how long it has listened since it could not tell any more who may live. */
  readonly listenedInMs: number;
}

export const UNREAD_MEMBERSHIP: Membership = {
  readAt: Number.NEGATIVE_INFINITY,
  peers: new Map(),
  listenedInMs: 0,
};

export interface HeartbeatRead {
  /** The heartbeats that the store has. */
  readonly texts: ReadonlyMap<string, string>;
  /** When the store was asked. */
  readonly readAt: number;
  /** The peers that the record names; undefined while the record does not know them. */
  readonly named: readonly string[] | undefined;
  /** The most that passes from one read to the next while nothing is wrong. */
  readonly maxStepInMs: number;
  readonly leaseInMs: number;
}

/**
 * The membership after another read of the store.
 *
 * A peer shows that it lives by a new heartbeat: so nobody's clock is compared with that of another.
 * Silence counts only while this server listens, and a store may forget: whoever was heard, or is
 * named by the record, may live until there was nothing new of it for a whole lease of listening.
 */
export function updateMembership(before: Membership, read: HeartbeatRead): Membership {
  const { texts, readAt, named, maxStepInMs, leaseInMs } = read;
  const stepInMs = Math.min(readAt - before.readAt, maxStepInMs);
  const peers = new Map<string, KnownPeer>();
  for (const [server, text] of texts) {
    peers.set(server, afterHeartbeat(before, server, text, stepInMs));
  }
  for (const [server, known] of before.peers) {
    const silentInMs = known.silentInMs + stepInMs;
    const isWanted = silentInMs <= leaseInMs || named?.includes(server);
    if (peers.has(server) || hasLeft(known) || !isWanted) continue;
    peers.set(server, { ...known, silentInMs, isStored: false });
  }
  for (const server of named ?? []) {
    if (!peers.has(server)) peers.set(server, UNHEARD);
  }
  const listenedInMs = named || before === UNREAD_MEMBERSHIP ? 0 : before.listenedInMs + stepInMs;
  return { readAt, peers, listenedInMs };
}

const UNHEARD: KnownPeer = {
  found: undefined,
  sentAfter: Number.NEGATIVE_INFINITY,
  silentInMs: 0,
  isStored: false,
};

function afterHeartbeat(
  before: Membership,
  server: string,
  text: string,
  stepInMs: number,
): KnownPeer {
  const known = before.peers.get(server);
  if (known?.found?.text === text) return silentFor(known, stepInMs);
  const heartbeat = parseHeartbeat(text);
  // A write that was under way for long may have overtaken a newer one, and a replica may lag.
  const isOlder = known?.found && heartbeat.sequence < known.found.heartbeat.sequence;
  if (isOlder) return silentFor(known, stepInMs);
  const sentAfter = before.readAt;
  return { found: { text, heartbeat }, sentAfter, silentInMs: 0, isStored: true };
}

function silentFor(known: KnownPeer, stepInMs: number): KnownPeer {
  return { ...known, silentInMs: known.silentInMs + stepInMs, isStored: true };
}

function hasLeft({ found }: KnownPeer): boolean {
  return found?.heartbeat.hasLeft === true;
}

function isPresent(peer: KnownPeer, leaseInMs: number): boolean {
  return peer.silentInMs <= leaseInMs && !hasLeft(peer);
}

/** What those see who were heard of within the lease. */
export function presentPeers(
  { peers }: Membership,
  leaseInMs: number,
): ReadonlyMap<string, Observation> {
  const present = new Map<string, Observation>();
  for (const [server, peer] of peers) {
    if (peer.found && isPresent(peer, leaseInMs)) {
      present.set(server, peer.found.heartbeat.endpoints);
    }
  }
  return present;
}

/**
 * The votes of the peers that may live. What was found the first time may have been sent long ago, by
 * a server that is no more: it counts as one that lives, and as not knowing how the endpoints are. Of
 * whom only the name is known counts as knowing no endpoint, so that nobody is moved over its head.
 */
export function votesOf(
  { readAt, peers }: Membership,
  leaseInMs: number,
): ReadonlyMap<string, Observation> {
  const votes = new Map<string, Observation>();
  for (const [server, peer] of peers) {
    if (!isPresent(peer, leaseInMs)) continue;
    const endpoints = peer.found?.heartbeat.endpoints ?? [];
    const isRecent = readAt - peer.sentAfter <= leaseInMs;
    votes.set(server, isRecent ? endpoints : endpoints.map(withoutState));
  }
  return votes;
}

function withoutState(endpoint: Observation[number]): Observation[number] {
  return { ...endpoint, state: "unknown" };
}

/**
 * Whose heartbeat the store should not keep: whoever takes the lead would wait for them. One who
 * comes back all the same writes a new one.
 */
export function departedPeers({ peers }: Membership, leaseInMs: number): string[] {
  const departed = [...peers].filter(([, peer]) => peer.isStored && !isPresent(peer, leaseInMs));
  return departed.map(([server]) => server);
}
