import type { Observation } from "../contract/coordination.ts";
import { type EndpointsDifference, endpointsDifferences } from "./endpoints-difference.ts";
import { parseHeartbeat } from "./heartbeat.ts";
import {
  departedPeers,
  type Membership,
  presentPeers,
  UNREAD_MEMBERSHIP,
  updateMembership,
  voters,
} from "./membership.ts";

/** The other servers, as far as this one has read their heartbeats. */
export class Peers {
  readonly #self: string;
  readonly #leaseInMs: number;
  readonly #onDifference: (differences: readonly EndpointsDifference[]) => void;
  #membership: Membership = UNREAD_MEMBERSHIP;
  #announced = "[]";

  /** @param onDifference Told of servers that know other endpoints, when something about it has changed. */
  constructor(
    self: string,
    leaseInMs: number,
    onDifference: (differences: readonly EndpointsDifference[]) => void,
  ) {
    this.#self = self;
    this.#leaseInMs = leaseInMs;
    this.#onDifference = onDifference;
  }

  get hasBeenRead(): boolean {
    return this.#membership !== UNREAD_MEMBERSHIP;
  }

  /**
   * @param texts The heartbeats of all servers.
   * @param readAt When the store was asked for them, monotonic milliseconds.
   */
  update(texts: ReadonlyMap<string, string>, readAt: number, own: Observation): void {
    const ofPeers = new Map([...texts].filter(([server]) => server !== this.#self));
    this.#membership = updateMembership(this.#membership, ofPeers, readAt);
    const differences = endpointsDifferences(own, this.present(readAt));
    const announcement = JSON.stringify(differences);
    if (announcement === this.#announced) return;
    this.#announced = announcement;
    this.#onDifference(differences);
  }

  present(now: number): ReadonlyMap<string, Observation> {
    return presentPeers(this.#membership, this.#leaseInMs, now);
  }

  /** The votes on a move, as of when the store was read. */
  get voters(): Observation[] {
    return voters(this.#membership, this.#leaseInMs);
  }

  /** A peer that is gone for good, and whose heartbeat may be removed. */
  get departed(): string | undefined {
    return departedPeers(this.#membership, this.#leaseInMs)[0];
  }
}

/** What the peers see, however old their heartbeats are. */
export function observationsOfPeers(
  texts: ReadonlyMap<string, string>,
  self: string,
): ReadonlyMap<string, Observation> {
  const peers = [...texts].filter(([server]) => server !== self);
  return new Map(peers.map(([server, text]) => [server, parseHeartbeat(text).endpoints]));
}
