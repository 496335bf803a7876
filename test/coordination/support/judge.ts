import type { Agreement } from "../../../src/contract/coordination.ts";
import type { AgreementRecord } from "../../../src/coordination/agreement-record.ts";
import { heartbeatsRead, heartbeatWritten, newHistory, type ProcessHistory } from "./histories.ts";
import { JudgeOfClients } from "./judge-of-clients.ts";
import { JudgeOfMoves } from "./judge-of-moves.ts";
import type { ClusterObserver, SimulatedCluster } from "./simulated-cluster.ts";
import type { NegotiateAnswer } from "./simulated-negotiate.ts";
import type { Process } from "./simulated-process.ts";
import type { RecordWrite, StoreCall, StoreListener } from "./simulated-store.ts";

export interface Verdict {
  /** What must not happen and has; a line each. */
  readonly violations: readonly string[];
  /** When each agreement came about, in that order: by its epoch less one, unless the store has lost some. */
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

/**
 * Watches a simulation for what must never happen. It knows what every process has really seen, sent
 * and asked, and when; it uses no logic of the code under test.
 */
export class Judge implements ClusterObserver {
  readonly #isTraced: boolean;
  #world!: SimulatedCluster;
  #moves!: JudgeOfMoves;
  #clients!: JudgeOfClients;
  readonly #violations: string[] = [];
  readonly #trace: string[] = [];
  readonly #histories = new Map<string, ProcessHistory>();
  readonly #answers: { server: string; epoch: number; at: number }[] = [];
  #calls = 0;
  #watchedSince = 0;

  constructor({ isTraced }: { isTraced: boolean }) {
    this.#isTraced = isTraced;
  }

  /** Has to be called before the world's time begins. */
  observe(world: SimulatedCluster): void {
    const expect = (isRight: boolean, violation: string): void => this.#expect(isRight, violation);
    this.#world = world;
    this.#moves = new JudgeOfMoves(world, this.#histories, expect);
    this.#clients = new JudgeOfClients(world, expect);
  }

  get verdict(): Verdict {
    return {
      violations: this.#violations,
      agreements: this.#moves.agreements,
      answers: this.#answers,
      calls: this.#calls,
      trace: this.#trace,
    };
  }

  get areClientsTogether(): boolean {
    return this.#clients.areTogether;
  }

  note(line: string): void {
    if (this.#isTraced) this.#trace.push(`${this.#now.toFixed(0).padStart(6)} ${line}`);
  }

  disturbed(): void {
    this.#clients.look();
  }

  started(process: Process): void {
    this.note(`${process.id} starts`);
    this.#histories.set(process.id, newHistory(process));
  }

  closed(process: Process, askedAt: number): void {
    const { pollIntervalInMs } = this.#world.scenario;
    const tookInMs = this.#now - askedAt;
    this.note(`${process.id} is closed after ${tookInMs.toFixed(0)} ms`);
    if (process.host.stoppedUntil > askedAt) return;
    this.#expect(tookInMs <= 1.1 * pollIntervalInMs, `close: ${process.id} took ${tookInMs} ms`);
  }

  answers(process: Process, agreement: Agreement): void {
    const { epoch, active, incarnation } = agreement;
    const history = this.#historyOf(process);
    this.note(`${process.id} answers ${epoch} ${active} (${incarnation})`);
    this.#answers.push({ server: process.id, epoch, at: this.#now });
    this.#expect(
      epoch > history.epoch,
      `epoch: ${process.id} answers ${epoch} after ${history.epoch}`,
    );
    history.epoch = epoch;
    history.url = agreement.url;
    this.#moves.answered(process.id, agreement);
  }

  negotiated(process: Process, answer: NegotiateAnswer | undefined): void {
    const { agreement } = process.coordinator;
    if (answer && agreement) {
      const { epoch, url } = this.#historyOf(process);
      const found = answer.agreement.epoch;
      this.#expect(
        found === epoch && agreement.url === url,
        `epoch: ${process.id} negotiates ${found} ${agreement.url}, and has agreed on ${epoch} ${url}`,
      );
      this.#moves.answered(process.id, agreement);
    }
    this.#clients.negotiated(process, answer);
  }

  closing(process: Process, endpoint: number, url: string): void {
    this.note(`${process.id} closes all on ${url}`);
    this.#clients.closing(process, endpoint, url);
  }

  listenerFor(process: Process): StoreListener {
    return {
      called: (call) => this.#called(process, call),
      recordWritten: (write) => this.#recordWritten(process, write),
      observationsRead: (found) => heartbeatsRead(this.#historyOf(process), found, this.#now),
      observationWritten: (server, text, side) => {
        const history = this.#histories.get(server) as ProcessHistory;
        heartbeatWritten(history, text, side, this.#now);
        this.note(`heartbeat of ${server} in ${side.name}: ${statesIn(text)}`);
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
    const record = store.main.record && (JSON.parse(store.main.record.text) as AgreementRecord);
    const leaders = running.filter(({ id }) => id === record?.leader);
    this.#expect(
      leaders.length === 1,
      `quiet: the leader is ${record?.leader}, which does not live`,
    );
    const last = this.#moves.agreements.at(-1);
    if (last) {
      this.#expect(last.at < this.#watchedSince, `quiet: epoch ${last.epoch} at ${last.at}`);
    }
    const watchedInMs = this.#now - this.#watchedSince;
    const heartbeats = (watchedInMs * 1.02) / (scenario.leaseInMs / 3) + 1;
    const polls = (watchedInMs * 1.02) / (0.9 * scenario.pollIntervalInMs) + 1;
    const agreed = idOf(record?.agreement);
    for (const { id, coordinator } of running) {
      const answered = idOf(coordinator.agreement);
      this.#expect(answered === agreed, `quiet: ${id} answers ${answered}, not ${agreed}`);
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

  /** All clients have had the time to come together. */
  end(): void {
    const places = this.#world.clients.map(({ connection }) => connection?.url);
    this.#expect(this.areClientsTogether, `quiet: clients are on ${places.join(", ")}`);
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
    if (process.isClosing || process.extras > 0) history.isExempt = true;
    this.#expect(
      history.isExempt || history.callsInPoll <= 3,
      `calls: ${process.id} calls ${call} as number ${history.callsInPoll} of one poll`,
    );
  }

  #recordWritten(writer: Process, write: RecordWrite): void {
    const { text, sentAt, side } = write;
    const { agreement, leader, renewals, voters } = JSON.parse(text) as AgreementRecord;
    const { epoch, active, reason } = agreement;
    this.note(
      `${writer.id} wrote ${epoch} ${active} (${reason}) in ${side.name}, leader ${leader}, ${renewals}, voters ${voters?.join(" ")}, sent ${sentAt.toFixed(0)}`,
    );
    this.#historyOf(writer).writes.push({ at: this.#now, sentAt, side });
    this.#clients.recordChanged();
    this.#moves.recordWritten(writer, write);
  }
}

function statesIn(text: string): string {
  const { endpoints, hasLeft } = JSON.parse(text) as {
    endpoints: { name: string; state: string }[];
    hasLeft?: boolean;
  };
  const states = endpoints.map(({ name, state }) => `${name} ${state}`).join(", ");
  return hasLeft ? `${states}, farewell` : states;
}

function idOf(agreement: Agreement | undefined): string {
  return agreement ? `${agreement.epoch} (${agreement.incarnation})` : "nothing";
}
