import { identityFor } from "./scenario.ts";
import type { Process } from "./simulated-process.ts";
import type { HeartbeatsFound, StoreCall, StoreSide } from "./simulated-store.ts";

/** What has arrived in the store. */
interface WrittenHeartbeat {
  readonly at: number;
  readonly side: StoreSide;
  /** What time it was for the store; see `StoreSide`. */
  readonly activeInMs: number;
  /** The states of the endpoints, by their URLs. */
  readonly states: ReadonlyMap<string, string>;
  /** It is the last one. */
  readonly hasLeft: boolean;
}

interface WrittenRecord {
  readonly at: number;
  readonly sentAt: number;
  readonly side: StoreSide;
}

/** What one process has really seen, sent and asked, and when. */
export interface ProcessHistory {
  readonly process: Process;
  readonly heartbeats: WrittenHeartbeat[];
  /** Its reads of all heartbeats, of those that it had the answer of. */
  readonly reads: (HeartbeatsFound & { readonly answeredAt: number; readonly isLeader: boolean })[];
  readonly writes: WrittenRecord[];
  /** The newest that it has answered with. */
  epoch: number;
  /** The endpoint that it means. */
  url: string | undefined;
  callsInPoll: number;
  /** It has more to do in this poll than to poll: to close, to carry out an order, or to ask for a sweep. */
  isExempt: boolean;
  /** Calls since the watch began. */
  calls: Map<StoreCall, number>;
}

export function newHistory(process: Process): ProcessHistory {
  return {
    process,
    heartbeats: [],
    reads: [],
    writes: [],
    epoch: 0,
    url: undefined,
    callsInPoll: 0,
    isExempt: true,
    calls: new Map(),
  };
}

export function heartbeatWritten(
  { heartbeats }: ProcessHistory,
  text: string,
  side: StoreSide,
  at: number,
): void {
  const { endpoints, hasLeft = false } = JSON.parse(text) as {
    endpoints: { url: string; state: string }[];
    hasLeft?: boolean;
  };
  const states = new Map(endpoints.map(({ url, state }) => [url, state]));
  heartbeats.push({ at, side, activeInMs: side.activeInMs, states, hasLeft });
}

export function heartbeatsRead(
  { process, reads }: ProcessHistory,
  found: HeartbeatsFound,
  answeredAt: number,
): void {
  const leader = found.record && (JSON.parse(found.record) as { leader: string | null }).leader;
  reads.push({ ...found, answeredAt, isLeader: leader === process.id });
}

/** A heartbeat within so much of a lease is counted on by every clock. */
const SURE = 0.9;

/**
 * Those whose vote counts for sure: the writer, and whoever had sent a heartbeat not long before the
 * writer asked for them, whatever has become of it since. Time in which nobody reached the store does
 * not count: nobody could speak.
 *
 * Of somebody whom the store has forgotten, the writer knows only if a leader could pass it on.
 *
 * @param isStoreTrusted Count only those whom the store has not forgotten.
 */
export function presentFor(
  writer: Process,
  sentAt: number,
  histories: ReadonlyMap<string, ProcessHistory>,
  leaseInMs: number,
  isStoreTrusted = false,
): ProcessHistory[] {
  const asked = histories.get(writer.id)?.reads.findLast(({ answeredAt }) => answeredAt <= sentAt);
  const all = [...histories.values()];
  return all.filter((history) => {
    const { process } = history;
    if (process === writer) return true;
    if (asked === undefined || !isFresh(history, asked, leaseInMs)) return false;
    if (asked.servers.has(process.id)) return true;
    return !isStoreTrusted && all.some((leader) => hasPassedOn(leader, history, asked, leaseInMs));
  });
}

type Look = Pick<HeartbeatsFound, "side" | "at" | "activeInMs">;

function isFresh({ heartbeats }: ProcessHistory, look: Look, leaseInMs: number): boolean {
  const last = heartbeats.findLast(({ at, side }) => side === look.side && at <= look.at);
  if (last === undefined || last.hasLeft) return false;
  return look.activeInMs - last.activeInMs <= SURE * leaseInMs;
}

/**
 * Whether a leader has found somebody who has not been silent since, and has written the record twice
 * afterwards: the first time it may have had something else to write. A record that was turned back
 * since knows nothing of that.
 */
function hasPassedOn(
  leader: ProcessHistory,
  somebody: ProcessHistory,
  asked: Look,
  leaseInMs: number,
): boolean {
  return leader.reads.some((read) => {
    const { side, at, answeredAt, isLeader, servers } = read;
    if (!isLeader || side !== asked.side || at > asked.at) return false;
    if (side.turnedBackAt >= at || !servers.has(somebody.process.id)) return false;
    const writes = leader.writes.filter(
      (write) => write.side === side && write.sentAt >= answeredAt && write.at <= asked.at,
    );
    return writes.length >= 2 && wasHeardSince(somebody, read, leaseInMs);
  });
}

function wasHeardSince(somebody: ProcessHistory, read: Look, leaseInMs: number): boolean {
  if (!isFresh(somebody, read, leaseInMs)) return false;
  const since = somebody.heartbeats.filter(({ at, side }) => side === read.side && at > read.at);
  return since.every(
    ({ activeInMs }, index) =>
      activeInMs - (since[index - 1]?.activeInMs ?? read.activeInMs) <= SURE * leaseInMs,
  );
}

/** Whether it saw it unhealthy at some time from then to then, or a heartbeat that says so arrived then. */
export function sawUnhealthy(
  { process, heartbeats }: ProcessHistory,
  endpoint: number,
  url: string,
  from: number,
  to: number,
): boolean {
  if (identityFor(process.host.plan, endpoint)?.url !== url) return false;
  const sights = process.sights[endpoint] ?? [];
  const end = process.endedAt ?? Number.POSITIVE_INFINITY;
  const isSeen = sights.some(({ since, state }, index) => {
    const until = Math.min(sights[index + 1]?.since ?? Number.POSITIVE_INFINITY, end);
    return state === "unhealthy" && since <= to && until >= from;
  });
  const isReported = heartbeats.some(
    ({ at, states }) => at >= from && at <= to && states.get(url) === "unhealthy",
  );
  return isSeen || isReported;
}
