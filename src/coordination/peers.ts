import type { Observation } from "../contract/coordination.ts";
import { type EndpointsDifference, endpointsDifferences } from "./endpoints-difference.ts";
import { parseHeartbeat } from "./heartbeat.ts";
import {
  departedPeers,
  type Membership,
  presentPeers,
  UNREAD_MEMBERSHIP,
  updateMembership,
  votesOf,
} from "./membership.ts";

export interface PeersPace {
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
}

/** Polls are that much further apart at most while nothing is wrong: the calls take time as well. */
const STEP_IN_POLLS = 1.5;

/** The other servers, as far as this one has read their heartbeats. */
export class Peers {
  readonly #self: string;
  readonly #pace: PeersPace;
  readonly #onDifference: (differences: readonly EndpointsDifference[]) => void;
  #membership: Membership = UNREAD_MEMBERSHIP;
  #hasBeenRead = false;
  #announced = "[]";

  /** @param onDifference Told of servers that know other endpoints, when something about it has changed. */
  constructor(
    self: string,
    pace: PeersPace,
    onDifference: (differences: readonly EndpointsDifference[]) => void,
  ) {
    this.#self = self;
    this.#pace = pace;
    this.#onDifference = onDifference;
  }

  get hasBeenRead(): boolean {
    return this.#hasBeenRead;
  }

  /**
   * @param texts The heartbeats of all servers.
   * @param readAt When the store was asked for them, monotonic milliseconds.
   * @param named The servers that the record names; undefined while it does not know them.
   */
  update(
    texts: ReadonlyMap<string, string>,
    readAt: number,
    named: readonly string[] | undefined,
    own: Observation,
  ): void {
    const { leaseInMs, pollIntervalInMs } = this.#pace;
    this.#hasBeenRead = true;
    this.#membership = updateMembership(this.#membership, {
      texts: new Map([...texts].filter(([server]) => server !== this.#self)),
      readAt,
      named: named?.filter((server) => server !== this.#self),
      maxStepInMs: STEP_IN_POLLS * pollIntervalInMs,
      leaseInMs,
    });
    const differences = endpointsDifferences(own, this.present);
    const announcement = JSON.stringify(differences);
    if (announcement === this.#announced) return;
    this.#announced = announcement;
    this.#onDifference(differences);
  }

  /** This server has not listened for a while: who was there, the record knows better. */
  forget(): void {
    this.#membership = UNREAD_MEMBERSHIP;
  }

  /** The store has lost something: what was listened to before says nothing of who was there since. */
  listenAnew(): void {
    this.#membership = { ...this.#membership, listenedInMs: 0 };
  }

  get present(): ReadonlyMap<string, Observation> {
    return presentPeers(this.#membership, this.#pace.leaseInMs);
  }

  /** The votes on a move, by the ids of the servers, as of when the store was read. */
  get votes(): ReadonlyMap<string, Observation> {
    return votesOf(this.#membership, this.#pace.leaseInMs);
  }

  /** Whether this server has listened for so long that whoever lives was heard, whatever a store has forgotten. */
  get isComplete(): boolean {
    return this.#membership.listenedInMs >= this.#pace.leaseInMs;
  }

  /** A peer that is gone for good, and whose heartbeat may be removed. */
  get departed(): string | undefined {
    return departedPeers(this.#membership, this.#pace.leaseInMs)[0];
  }
}

/** What the peers see, however old their heartbeats are. */
export function observationsOfPeers(
  texts: ReadonlyMap<string, string>,
  self: string,
): ReadonlyMap<string, Observation> {
  const peers = new Map<string, Observation>();
  for (const [server, text] of texts) {
    const { endpoints, hasLeft } = parseHeartbeat(text);
    if (server !== self && !hasLeft) peers.set(server, endpoints);
  }
  return peers;
}
