import type { Agreement, AgreementReason, Observation } from "../contract/coordination.ts";
import { type AgreementRecord, nextRenewal } from "./agreement-record.ts";
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
  readonly own: Observation;
  /** Observations of the peers that may live; only a leader needs them. */
  readonly peers: readonly Observation[];
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
    return isVacant ? renew(record, self) : undefined;
  }
  // Whoever has not renewed in time may be deposed, and knows nothing of what happened meanwhile.
  if (ageInMs > leaseInMs) return renew(record, self);
  const next = move(situation, record.agreement);
  if (next) return { ...renew(record, self), agreement: next, doubts: 0 };
  return ageInMs >= leaseInMs / 3 ? renew(record, self) : undefined;
}

/** What an operator's order makes of what one server knows; undefined when it is carried out already. */
export function switchActive(
  {
    self,
    known,
    answered,
    wallClock,
  }: Pick<Situation, "self" | "known" | "answered" | "wallClock">,
  to: EndpointIdentity,
): AgreementRecord | undefined {
  const found = known?.record.agreement;
  // A store that has lost what it was told must not turn back the epoch.
  const last = found && answered && answered.epoch > found.epoch ? answered : (found ?? answered);
  if (found && last === found && isAgreementOn(found, to)) return undefined;
  const agreement = successor(last, to, "switched", wallClock);
  return known
    ? { ...known.record, agreement, doubts: 0 }
    : { agreement, leader: self, renewals: 0 };
}

/**
 * What the leader should write so that all look at the active endpoint at once: that other servers see
 * it unhealthy than before. Undefined when nothing has changed.
 */
export function passOnDoubts({
  self,
  known,
  own,
  peers,
}: Pick<Situation, "self" | "known" | "own" | "peers">): AgreementRecord | undefined {
  if (known?.record.leader !== self) return undefined;
  const { record } = known;
  const doubts = countDoubts(record, [own, ...peers]);
  return doubts === (record.doubts ?? 0) ? undefined : { ...renew(record, self), doubts };
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
  return record.leader === self ? { ...record, leader: null } : undefined;
}

function firstRecord({ self, answered, own, wallClock }: Situation): AgreementRecord | undefined {
  const agreement = answered ?? firstAgreement(own, wallClock);
  return agreement && { agreement, leader: self, renewals: 0 };
}

function firstAgreement(own: Observation, wallClock: number): Agreement | undefined {
  // A better one that has not answered its first health check yet is waited for.
  const best = own.find(({ state }) => state === "healthy" || state === "unknown");
  return best?.state === "healthy" ? successor(undefined, best, "first", wallClock) : undefined;
}

/** A store that has lost what it was told (a failover of its own) must not turn back the epoch. */
function restore(
  { answered, wallClock }: Situation,
  record: AgreementRecord,
): AgreementRecord | undefined {
  const { agreement } = record;
  if (answered === undefined || answered.epoch < agreement.epoch) return undefined;
  const renewals = nextRenewal(record);
  if (answered.epoch > agreement.epoch) return { ...record, agreement: answered, renewals };
  const { active, url, reason } = agreement;
  if (isAgreementOn(answered, { name: active, url })) return undefined;
  const next = successor(agreement, { name: active, url }, reason, wallClock);
  return { ...record, agreement: next, renewals };
}

function renew(record: AgreementRecord, self: string): AgreementRecord {
  return { ...record, leader: self, renewals: nextRenewal(record) };
}

function move(
  { own, peers, failbackTo, wallClock }: Situation,
  agreement: Agreement,
): Agreement | undefined {
  const voters = [own, ...peers];
  const active = identityOf(agreement);
  // Renamed on all of them, it can be answered with by nobody, however well it is.
  const isUnknown = voters.every((voter) => !seenIn(voter, active));
  if (isUnknown || isMajority(countVotes(voters, active, "unhealthy"), voters)) {
    const to = bestCandidate(own, voters);
    return to && successor(agreement, to, "active-unhealthy", wallClock);
  }
  if (failbackTo === undefined || isAgreementOn(agreement, failbackTo)) return undefined;
  return successor(agreement, failbackTo, "failback", wallClock);
}

function successor(
  before: Agreement | undefined,
  to: EndpointIdentity,
  reason: AgreementReason,
  since: number,
): Agreement {
  return { epoch: (before?.epoch ?? 0) + 1, active: to.name, url: to.url, since, reason };
}

export function identityOf({ active, url }: Agreement): EndpointIdentity {
  return { name: active, url };
}

export function isAgreementOn({ active, url }: Agreement, endpoint: EndpointIdentity): boolean {
  return active === endpoint.name && url === endpoint.url;
}
