import type { Agreement } from "../../../src/contract/coordination.ts";
import type { AgreementRecord } from "../../../src/coordination/agreement-record.ts";
import { ENDPOINTS } from "./scenario.ts";
import {
  identityFor,
  type Process,
  type SimulatedCluster,
  type SimulationObserver,
} from "./simulated-cluster.ts";
import type { StoreCall, StoreListener } from "./simulated-store.ts";

export interface Verdict {
  /** What must not happen and has; a line each. */
  readonly violations: readonly string[];
  /** When each agreement came about, by its epoch less one. */
  readonly agreements: readonly (Agreement & { readonly at: number })[];
  /** When each server first answered with each epoch. */
  readonly answers: readonly {
    readonly server: string;
    readonly epoch: number;
    readonly at: number;
  }[];
  readonly calls: number;
  readonly trace: readonly string[];
}

/** What a process has written into the store; the text is undefined when it was removed. */
interface WrittenHeartbeat {
  readonly text: string | undefined;
  readonly sentAt: number;
  readonly at: number;
}

interface ProcessHistory {
  readonly process: Process;
  readonly heartbeats: WrittenHeartbeat[];
  /** When its reads of all heartbeats took effect, of those that it had the answer of. */
  readonly reads: number[];
  epoch: number;
  callsInPoll: number;
  /** It has more to do in this poll than to poll: to close, or to carry out an order. */
  isExempt: boolean;
  /** Calls since the watch began. */
  calls: Map<StoreCall, number>;
}

/**
 * Watches a simulation for what must never happen. It knows what every process has really seen, sent
 * and asked, and when; it uses no logic of the code under test.
 */
export class Judge implements SimulationObserver {
  readonly #isTraced: boolean;
  #world!: SimulatedCluster;
  readonly #violations: string[] = [];
  readonly #trace: string[] = [];
  readonly #histories = new Map<string, ProcessHistory>();
  readonly #agreements: (Agreement & { at: number })[] = [];
  readonly #answers: { server: string; epoch: number; at: number }[] = [];
  #calls = 0;
  #watchedSince: number | undefined;

  constructor({ isTraced }: { isTraced: boolean }) {
    this.#isTraced = isTraced;
  }

  /** Has to be called before the world's time begins. */
  observe(world: SimulatedCluster): void {
    this.#world = world;
  }

  get verdict(): Verdict {
    return {
      violations: this.#violations,
      agreements: this.#agreements,
      answers: this.#answers,
      calls: this.#calls,
      trace: this.#trace,
    };
  }

  note(line: string): void {
    if (this.#isTraced) this.#trace.push(`${this.#now.toFixed(0).padStart(6)} ${line}`);
  }

  started(process: Process): void {
    this.note(`${process.id} starts`);
    this.#histories.set(process.id, {
      process,
      heartbeats: [],
      reads: [],
      epoch: 0,
      callsInPoll: 0,
      isExempt: true,
      calls: new Map(),
    });
  }

  closed(process: Process, askedAt: number): void {
    const { pollIntervalInMs } = this.#world.scenario;
    const tookInMs = this.#now - askedAt;
    this.note(`${process.id} is closed after ${tookInMs.toFixed(0)} ms`);
    if (process.host.stoppedUntil > askedAt) return;
    this.#expect(tookInMs <= 1.1 * pollIntervalInMs, `close: ${process.id} took ${tookInMs} ms`);
  }

  answers(process: Process, agreement: Agreement): void {
    const { epoch, active, url } = agreement;
    const history = this.#historyOf(process);
    this.note(`${process.id} answers ${epoch} ${active}`);
    this.#answers.push({ server: process.id, epoch, at: this.#now });
    this.#expect(
      epoch > history.epoch,
      `epoch: ${process.id} answers ${epoch} after ${history.epoch}`,
    );
    history.epoch = epoch;
    const agreed = this.#agreements[epoch - 1];
    this.#expect(
      agreed !== undefined && agreed.active === active && agreed.url === url,
      `epoch: ${process.id} answers ${epoch} ${active}, agreed was ${agreed?.active}`,
    );
  }

  listenerFor(process: Process): StoreListener {
    return {
      called: (call) => this.#called(process, call),
      recordWritten: (text, sentAt) => this.#recordWritten(process, JSON.parse(text), sentAt),
      observationsRead: (readAt) => this.#historyOf(process).reads.push(readAt),
      observationWritten: (server, text, sentAt) => {
        this.note(`heartbeat of ${server}: ${text ? statesIn(text) : "removed"}`);
        this.#histories.get(server)?.heartbeats.push({ text, sentAt, at: this.#now });
      },
    };
  }

  beginWatch(): void {
    this.#watchedSince = this.#now;
    this.note("quiet");
    for (const { calls } of this.#histories.values()) calls.clear();
  }

  endWatch(): void {
    const { running, scenario, store } = this.#world;
    if (running.length === 0) return;
    const record = store.record && (JSON.parse(store.record.text) as AgreementRecord);
    const leaders = running.filter(({ id }) => id === record?.leader);
    this.#expect(
      leaders.length === 1,
      `quiet: the leader is ${record?.leader}, which does not live`,
    );
    const newest = this.#agreements.at(-1);
    if (newest && this.#watchedSince) {
      this.#expect(newest.at < this.#watchedSince, `quiet: epoch ${newest.epoch} at ${newest.at}`);
    }
    const watchedInMs = this.#now - (this.#watchedSince ?? 0);
    const heartbeats = (watchedInMs * 1.02) / (scenario.leaseInMs / 3) + 1;
    const polls = (watchedInMs * 1.02) / (0.9 * scenario.pollIntervalInMs) + 1;
    for (const { id, coordinator } of running) {
      const { epoch } = coordinator.agreement ?? {};
      this.#expect(epoch === newest?.epoch, `quiet: ${id} answers ${epoch}, not ${newest?.epoch}`);
      const calls = this.#histories.get(id)?.calls ?? new Map<StoreCall, number>();
      const isLeader = id === record?.leader;
      const most: Record<StoreCall, number> = {
        open: 0,
        readRecord: polls,
        // With a lease of few polls, a follower may doubt a leader that is only between two polls.
        readObservations:
          isLeader || scenario.leaseInMs < 6 * scenario.pollIntervalInMs ? polls : 0,
        replaceRecord: isLeader ? heartbeats : 0,
        writeObservation: heartbeats,
        removeObservation: 0,
      };
      for (const [call, count] of calls) {
        this.#expect(count <= most[call], `quiet: ${id} has called ${call} ${count} times`);
      }
    }
  }

  get #now(): number {
    return this.#world.timeline.now;
  }

  #expect(isRight: boolean, violation: string): void {
    if (isRight) return;
    this.note(`VIOLATION ${violation}`);
    this.#violations.push(violation);
  }

  #historyOf({ id }: Process): ProcessHistory {
    return this.#histories.get(id) as ProcessHistory;
  }

  /** A poll begins with a look at the record, and asks three times at most. */
  #called(process: Process, call: StoreCall): void {
    const history = this.#historyOf(process);
    this.#calls += 1;
    history.calls.set(call, (history.calls.get(call) ?? 0) + 1);
    if (call === "open") return;
    if (call === "readRecord") {
      history.callsInPoll = 0;
      history.isExempt = false;
    }
    history.callsInPoll += 1;
    if (process.isClosing || process.orders > 0) history.isExempt = true;
    this.#expect(
      history.isExempt || history.callsInPoll <= 3,
      `calls: ${process.id} calls ${call} as number ${history.callsInPoll} of one poll`,
    );
  }

  #recordWritten(writer: Process, record: AgreementRecord, sentAt: number): void {
    const { agreement, leader, renewals } = record;
    const last = this.#agreements.at(-1);
    this.note(
      `${writer.id} wrote ${agreement.epoch} ${agreement.active} (${agreement.reason}), leader ${leader}, ${renewals}, sent ${sentAt.toFixed(0)}`,
    );
    if (last?.epoch === agreement.epoch) {
      this.#expect(
        last.active === agreement.active && last.url === agreement.url,
        `epoch: ${agreement.epoch} named ${last.active} and now ${agreement.active}`,
      );
      return;
    }
    this.#expect(
      agreement.epoch === (last?.epoch ?? 0) + 1,
      `epoch: ${agreement.epoch} follows ${last?.epoch}`,
    );
    this.#agreements.push({ ...agreement, at: this.#now });
    if (last === undefined) return;
    this.#expectKnown(writer, agreement, sentAt);
    if (agreement.reason === "active-unhealthy") this.#expectEvidence(writer, last, sentAt);
  }

  /** Nobody is moved to an endpoint that a server does not know that has sent a heartbeat. */
  #expectKnown(writer: Process, { active, url }: Agreement, sentAt: number): void {
    for (const { process } of this.#fresh(writer, sentAt)) {
      this.#expect(
        doesKnow(process, active, url),
        `known: ${process.id} does not know ${active} at ${url}`,
      );
    }
  }

  /**
   * More servers saw it unhealthy at some time than there are that never did and whose vote counts for
   * sure; or none of these knows it.
   */
  #expectEvidence(writer: Process, { active, url }: Agreement, sentAt: number): void {
    const present = this.#fresh(writer, sentAt);
    if (present.every(({ process }) => !doesKnow(process, active, url))) return;
    const { leaseInMs, pollIntervalInMs } = this.#world.scenario;
    const drift = 1.05;
    // A heartbeat may be as old as a lease when it is found, and the finding as old as a lease when
    // it is acted upon.
    const evidenceInMs = drift * 2 * leaseInMs + 2 * pollIntervalInMs;
    // Then either the leader renews its lead or another one takes it, and what is late comes too late.
    const fenceInMs = drift * 2 * leaseInMs + 4 * pollIntervalInMs;
    const endpoint = ENDPOINTS.indexOf(active as never);
    const judge = (name: string, from: number, to: number): void => {
      const sawIt = (one: ProcessHistory): boolean =>
        this.#sawUnhealthy(one, endpoint, url, from, to);
      const against = [...this.#histories.values()].filter(sawIt);
      const inFavour = this.#fresh(writer, sentAt).filter((one) => {
        return one.process.endedAt === undefined && !sawIt(one);
      });
      this.#expect(
        against.length > inFavour.length,
        `${name}: ${active} was unhealthy for ${idsOf(against)} and not for ${idsOf(inFavour)}, seen ${from.toFixed(0)} to ${to.toFixed(0)}`,
      );
    };
    judge("evidence", sentAt - evidenceInMs, sentAt);
    const isFenced = this.#now - sentAt <= fenceInMs || this.#isAnyoneWell(sentAt, fenceInMs);
    const extraInMs = isFenced ? 0 : this.#now - sentAt;
    judge("fence", this.#now - evidenceInMs - fenceInMs - extraInMs, this.#now);
  }

  /** Those whose vote counts for sure: the writer, and whoever had sent a heartbeat not long before it asked. */
  #fresh(writer: Process, sentAt: number): ProcessHistory[] {
    const { leaseInMs } = this.#world.scenario;
    const askedAt = this.#historyOf(writer)
      .reads.filter((at) => at <= sentAt)
      .at(-1);
    return [...this.#histories.values()].filter(({ process, heartbeats }) => {
      if (process === writer) return true;
      const last = heartbeats.filter(({ at }) => askedAt !== undefined && at <= askedAt).at(-1);
      if (last?.text === undefined || askedAt === undefined) return false;
      return last.at >= askedAt - 0.9 * leaseInMs;
    });
  }

  /** Whether it saw it unhealthy at some time from then to then, or a heartbeat that says so arrived then. */
  #sawUnhealthy(
    { process, heartbeats }: ProcessHistory,
    endpoint: number,
    url: string,
    from: number,
    to: number,
  ): boolean {
    if (identityFor(process.host.plan, endpoint)?.url !== url) return false;
    const seenStates = process.seenStates[endpoint] ?? [];
    const end = process.endedAt ?? Number.POSITIVE_INFINITY;
    const isSeen = seenStates.some(({ since, state }, index) => {
      const until = Math.min(seenStates[index + 1]?.since ?? Number.POSITIVE_INFINITY, end);
      return state === "unhealthy" && since <= to && until >= from;
    });
    const isReported = heartbeats.some(({ text, at }) => {
      return text !== undefined && at >= from && at <= to && stateIn(text, url) === "unhealthy";
    });
    return isSeen || isReported;
  }

  /** Whether somebody had nothing wrong for so long, between then and now. */
  #isAnyoneWell(from: number, forMs: number): boolean {
    const { hosts, scenario, timeline } = this.#world;
    return hosts.some(({ index, plan }) => {
      const spells = scenario.faults.flatMap((fault) => {
        const { at, kind } = fault;
        const until = at + fault.forMs;
        if (kind === "store") return (fault.servers >> index) % 2 === 1 ? [[at, until]] : [];
        if (kind !== "pause" && kind !== "crash" && kind !== "close") return [];
        return fault.server % hosts.length === index ? [[at, until]] : [];
      });
      spells.push([0, plan.startsAt], [timeline.now, Number.POSITIVE_INFINITY]);
      spells.sort(([a = 0], [b = 0]) => a - b);
      let wellSince = from;
      return spells.some(([at = 0, until = 0]) => {
        const isLong = Math.min(at, timeline.now) - wellSince > forMs;
        wellSince = Math.max(wellSince, until);
        return isLong;
      });
    });
  }
}

function doesKnow({ host }: Process, active: string, url: string): boolean {
  return identityFor(host.plan, ENDPOINTS.indexOf(active as never))?.url === url;
}

function stateIn(text: string, url: string): string | undefined {
  const { endpoints } = JSON.parse(text) as { endpoints: { url: string; state: string }[] };
  return endpoints.find((endpoint) => endpoint.url === url)?.state;
}

function statesIn(text: string): string {
  const { endpoints } = JSON.parse(text) as { endpoints: { name: string; state: string }[] };
  return endpoints.map(({ name, state }) => `${name} ${state}`).join(", ");
}

function idsOf(histories: readonly ProcessHistory[]): string {
  return histories.map(({ process }) => process.id).join(" ") || "nobody";
}
