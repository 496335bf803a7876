import type { Agreement, AgreementReason, Observation } from "../contract/coordination.ts";
import { isSameOrigin } from "../kit/loopback.ts";
import type { AgreementRecord } from "./agreement-record.ts";
import { type EndpointIdentity, seenIn } from "./observation.ts";
import { bestCandidate, countVotes, isMajority } from "./votes.ts";

/** The record, as this server has found or written it. Times are monotonic milliseconds. */
export interface KnownRecord {
  readonly record: AgreementRecord;
  /** What it is called in compare-and-set. */
  readonly version: string;
  /** Since when it has been as it is: found so, or, if it is this server's own, written so. */
  readonly since: number;
}

/** Everything that one server knows when it decides what to write. */
export interface Situation {
  readonly self: string;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** For `Agreement.since`, epoch milliseconds. */
  readonly wallClock: number;
  /** Undefined when the store has none. */
  readonly known: KnownRecord | undefined;
  /** The newest agreement that this server has ever answered with. */
  readonly answered: Agreement | undefined;
  /** The most renewals of all records that this server has ever seen. */
  readonly renewals: number;
  /** Of the next agreement, if there is one: unlike that of any other. */
  readonly incarnation: string;
  readonly own: Observation;
  /** What the peers that may live see, by their ids; only a leader needs them. */
  readonly peers: ReadonlyMap<string, Observation>;
  /** Whether all servers that live are among the peers, whatever the record knows of them. */
  readonly hasAllPeers: boolean;
  /** Where clients are to be called back to; undefined unless that is asked for and the hold-down is over. */
  readonly failbackTo: EndpointIdentity | undefined;
  readonly leaseInMs: number;
}

/** What this server should write now; undefined when nothing. */
export function decide(situation: Situation): AgreementRecord | undefined {
  const { known, self, now, leaseInMs } = situation;
  if (known === undefined) return firstRecord(situation);
  const { record } = known;
  const restored = restore(situation, record);
  if (restored) return restored;
  const ageInMs = now - known.since;
  if (record.leader !== self) {
    const isVacant = record.leader === null || ageInMs > leaseInMs;
    return isVacant ? renew(record, situation) : undefined;
  }
  // Whoever has not renewed in time may be deposed, and knows nothing of what happened meanwhile.
  if (ageInMs > leaseInMs) return renew(record, situation);
  // Before it is known of how many, nobody is a majority.
  const next = record.voters && move(situation, record.agreement);
  if (next) return { ...renew(record, situation), agreement: next, doubts: 0 };
  const voters = votersToName(situation, record);
  if (voters) return { ...renewWithDoubts(record, situation), voters };
  return ageInMs >= leaseInMs / 3 ? renewWithDoubts(record, situation) : undefined;
}

/**
 * The servers that the record should name, so that whoever leads next knows of whom there has to be a
 * majority, even if the store has lost their heartbeats. Undefined when it need not be written.
 */
function votersToName(
  { self, peers, hasAllPeers }: Situation,
  { voters }: AgreementRecord,
): readonly string[] | undefined {
  if (voters === undefined && !hasAllPeers) return undefined;
  const present = [self, ...peers.keys()].sort();
  return present.join() === voters?.join() ? undefined : present;
}

/** What an operator's order makes of what one server knows; undefined when it is carried out already. */
export function switchActive(
  {
    self,
    known,
    answered,
    renewals,
    ...next
  }: Pick<Situation, "self" | "known" | "answered" | "renewals" | "incarnation" | "wallClock">,
  to: EndpointIdentity,
): AgreementRecord | undefined {
  const found = known?.record.agreement;
  // A store that has lost what it was told must not turn back the epoch.
  const last = found && answered && answered.epoch > found.epoch ? answered : (found ?? answered);
  if (found && last === found && isAgreementOn(found, to)) return undefined;
  const agreement = successor(last, to, "switched", next);
  return known
    ? { ...known.record, agreement, doubts: 0 }
    : { agreement, leader: self, renewals: renewals + 1 };
}

/**
 * What the leader should write so that all look at the active endpoint at once: that other servers see
 * it unhealthy than before. Undefined when nothing has changed.
 */
export function passOnDoubts(situation: Situation): AgreementRecord | undefined {
  const { known, self } = situation;
  if (known?.record.leader !== self) return undefined;
  const next = renewWithDoubts(known.record, situation);
  return next.doubts === (known.record.doubts ?? 0) ? undefined : next;
}

/** How many see the active endpoint unhealthy. */
export function countDoubts(
  { agreement }: AgreementRecord,
  voters: readonly Observation[],
): number {
  return countVotes(voters, identityOf(agreement), "unhealthy");
}

/** The end of a lead, so that the next one need not wait for it. */
export function resign({ record }: KnownRecord, self: string): AgreementRecord | undefined {
  if (record.leader !== self) return undefined;
  const voters = record.voters?.filter((server) => server !== self);
  return { ...record, leader: null, ...(voters && { voters }) };
}

function firstRecord(situation: Situation): AgreementRecord | undefined {
  const { self, answered } = situation;
  const renewals = situation.renewals + 1;
  // Others may have answered with it as well, and the store has forgotten who.
  if (answered) return { agreement: answered, leader: self, renewals };
  const agreement = firstAgreement(situation);
  return agreement && { agreement, leader: self, renewals, voters: [self] };
}

function firstAgreement({ own, ...next }: Situation): Agreement | undefined {
  // A better one that has not answered its first health check yet is waited for.
  const best = own.find(({ state }) => state === "healthy" || state === "unknown");
  return best?.state === "healthy" ? successor(undefined, best, "first", next) : undefined;
}

/** A store that has lost what it was told (a failover of its own) must not turn back the epoch. */
function restore(
  { answered, renewals, ...next }: Situation,
  record: AgreementRecord,
): AgreementRecord | undefined {
  const { agreement } = record;
  if (answered === undefined || answered.epoch < agreement.epoch) return undefined;
  const { voters: _, ...rest } = record;
  const forgetful = { ...rest, renewals: Math.max(record.renewals, renewals) + 1 };
  if (answered.epoch > agreement.epoch) return { ...forgetful, agreement: answered };
  const found = identityOf(agreement);
  if (isAgreementOn(answered, found)) return undefined;
  return { ...forgetful, agreement: successor(agreement, found, agreement.reason, next) };
}

/** More than any before: fewer than were seen tell that a store has gone back. */
function renew(record: AgreementRecord, { self, renewals }: Situation): AgreementRecord {
  return { ...record, leader: self, renewals: Math.max(record.renewals, renewals) + 1 };
}

function renewWithDoubts(record: AgreementRecord, situation: Situation): AgreementRecord {
  const { own, peers } = situation;
  return { ...renew(record, situation), doubts: countDoubts(record, [own, ...peers.values()]) };
}

function move(
  { own, peers, failbackTo, ...next }: Situation,
  agreement: Agreement,
): Agreement | undefined {
  const voters = [own, ...peers.values()];
  const active = identityOf(agreement);
  // Renamed on all of them, it can be answered with by nobody, however well it is.
  const isUnknown = voters.every((voter) => !seenIn(voter, active));
  if (isUnknown || isMajority(countVotes(voters, active, "unhealthy"), voters)) {
    const to = bestCandidate(own, voters);
    return to && successor(agreement, to, "active-unhealthy", next);
  }
  if (failbackTo === undefined || isAgreementOn(agreement, failbackTo)) return undefined;
  return successor(agreement, failbackTo, "failback", next);
}

function successor(
  before: Agreement | undefined,
  to: EndpointIdentity,
  reason: AgreementReason,
  { incarnation, wallClock }: Pick<Situation, "incarnation" | "wallClock">,
): Agreement {
  const epoch = (before?.epoch ?? 0) + 1;
  return { epoch, incarnation, active: to.name, url: to.url, since: wallClock, reason };
}

export function isSameAgreement(one: Agreement, other: Agreement): boolean {
  return one.epoch === other.epoch && one.incarnation === other.incarnation;
}

export function identityOf({ active, url }: Agreement): EndpointIdentity {
  return { name: active, url };
}

export function isAgreementOn({ active, url }: Agreement, endpoint: EndpointIdentity): boolean {
  return active === endpoint.name && isSameOrigin(url, endpoint.url);
}
