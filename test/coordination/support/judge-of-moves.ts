import type { Agreement } from "../../../src/contract/coordination.ts";
import type { AgreementRecord } from "../../../src/coordination/agreement-record.ts";
import { type ProcessHistory, presentFor, sawUnhealthy } from "./histories.ts";
import { Restorations } from "./restorations.ts";
import { ENDPOINTS, type Fault, identityFor, isAmong, losesAgreements } from "./scenario.ts";
import type { SimulatedCluster } from "./simulated-cluster.ts";
import type { Process } from "./simulated-process.ts";
import type { RecordWrite } from "./simulated-store.ts";

export type Expect = (isRight: boolean, violation: string) => void;

/** Watches what is agreed: numbers that grow, and moves that most of the servers have a reason for. */
export class JudgeOfMoves {
  readonly #world: SimulatedCluster;
  readonly #histories: ReadonlyMap<string, ProcessHistory>;
  readonly #expect: Expect;
  readonly #losesAgreements: boolean;
  readonly #restorations = new Restorations();
  /** In the order in which they came about. */
  readonly agreements: (Agreement & { readonly at: number })[] = [];

  constructor(
    world: SimulatedCluster,
    histories: ReadonlyMap<string, ProcessHistory>,
    expect: Expect,
  ) {
    this.#world = world;
    this.#histories = histories;
    this.#expect = expect;
    this.#losesAgreements = losesAgreements(world.scenario);
  }

  recordWritten(writer: Process, write: RecordWrite): void {
    const { text, sentAt, replaced } = write;
    const { now } = this.#world.timeline;
    const { agreement, voters } = JSON.parse(text) as AgreementRecord;
    const last = replaced ? (JSON.parse(replaced) as AgreementRecord) : undefined;
    const before = last?.agreement;
    const restoredAt = this.#restorations.sinceOf(write);
    this.#restorations.recordWritten(write, voters !== undefined);
    if (this.#isAgreed(agreement)) {
      // Whoever finds that the store has gone back forgets them as well.
      const isForgotten = last?.voters !== undefined && voters === undefined;
      if (isForgotten || !isSame(before, agreement))
        this.#restorations.begin(write, this.#lastLossAt(now));
      return;
    }
    this.#expectNumber(agreement);
    this.agreements.push({ ...agreement, at: now });
    // The other half of a store that was split has agreed on the same: nobody is moved.
    if (!before || before.url === agreement.url) return;
    this.#expectKnown(writer, agreement, sentAt);
    if (agreement.reason !== "active-unhealthy") return;
    this.#expectEvidence(writer, before, sentAt);
    const inMs = sentAt - restoredAt;
    this.#expect(
      inMs >= 0.9 * this.#world.scenario.leaseInMs,
      `hasty: ${writer.id} moves all, and the store has lost who they are ${inMs.toFixed(0)} ms ago`,
    );
  }

  /** Whoever leads may have listened since then. */
  #lastLossAt(now: number): number {
    const times = this.#world.scenario.faults.flatMap((fault) => {
      if (fault.kind === "split") return [fault.at, fault.at + fault.forMs];
      const isRecordLost = fault.kind === "loss" && fault.what === "everything";
      return fault.kind === "failover" || isRecordLost ? [fault.at] : [];
    });
    return Math.max(...times.filter((at) => at <= now));
  }

  /** A server answers with it. */
  answered(server: string, agreement: Agreement): void {
    const { epoch, active } = agreement;
    this.#expect(
      this.#isAgreed(agreement),
      `epoch: ${server} answers ${epoch} ${active}, which nobody has agreed on`,
    );
  }

  /** Whether it has come about before; then it names the same endpoint. */
  #isAgreed(agreement: Agreement): boolean {
    const { epoch, incarnation, active, url } = agreement;
    const same = this.agreements.find((one) => isSame(one, agreement));
    if (same === undefined) return false;
    this.#expect(
      same.active === active && same.url === url,
      `epoch: ${epoch} ${incarnation} named ${same.active} and now ${active}`,
    );
    return true;
  }

  /**
   * Each number follows the last one. Where the store loses agreements, nobody may know of the last
   * one, so a number may come again, with another incarnation; but none is left out.
   */
  #expectNumber({ epoch }: Agreement): void {
    const highest = Math.max(0, ...this.agreements.map((one) => one.epoch));
    const isNext = epoch === highest + 1;
    this.#expect(
      this.#losesAgreements ? epoch <= highest + 1 : isNext,
      `epoch: ${epoch} follows ${highest}`,
    );
  }

  /** Nobody is moved to an endpoint that a server does not know that has sent a heartbeat. */
  #expectKnown(writer: Process, { active, url, reason }: Agreement, sentAt: number): void {
    // An operator who gives an order asks the store for the servers, and nobody else.
    for (const { process } of this.#present(writer, sentAt, reason === "switched")) {
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
    const present = this.#present(writer, sentAt);
    if (present.every(({ process }) => !doesKnow(process, active, url))) return;
    const { now } = this.#world.timeline;
    const { leaseInMs, pollIntervalInMs } = this.#world.scenario;
    const drift = 1.05;
    // A heartbeat may be as old as a lease when it is found, and the finding as old as a lease when
    // it is acted upon.
    const evidenceInMs = drift * 2 * leaseInMs + 2 * pollIntervalInMs;
    // Then either the leader renews its lead or another one takes it, and what is late comes too late.
    const fenceInMs = drift * 2 * leaseInMs + 4 * pollIntervalInMs;
    const endpoint = ENDPOINTS.indexOf(active as never);
    const judge = (name: string, from: number, to: number): void => {
      const sawIt = (one: ProcessHistory): boolean => sawUnhealthy(one, endpoint, url, from, to);
      const against = [...this.#histories.values()].filter(sawIt);
      const inFavour = present.filter((one) => one.process.endedAt === undefined && !sawIt(one));
      this.#expect(
        against.length > inFavour.length,
        `${name}: ${active} was unhealthy for ${idsOf(against)} and not for ${idsOf(inFavour)}, seen ${from.toFixed(0)} to ${to.toFixed(0)}`,
      );
    };
    judge("evidence", sentAt - evidenceInMs, sentAt);
    // A store that turns back lets in again what had come too late.
    const isFenced =
      !this.#losesAgreements &&
      (now - sentAt <= fenceInMs || this.#isAnyoneWell(sentAt, fenceInMs));
    const extraInMs = isFenced ? 0 : now - sentAt;
    judge("fence", now - evidenceInMs - fenceInMs - extraInMs, now);
  }

  #present(writer: Process, sentAt: number, isStoreTrusted = false): ProcessHistory[] {
    const { leaseInMs } = this.#world.scenario;
    return presentFor(writer, sentAt, this.#histories, leaseInMs, isStoreTrusted);
  }

  /** Whether somebody had nothing wrong for so long, between then and now. */
  #isAnyoneWell(from: number, forMs: number): boolean {
    const { hosts, scenario, timeline } = this.#world;
    return hosts.some(({ index, plan }) => {
      const spells = scenario.faults.flatMap((fault) =>
        "forMs" in fault && disturbs(fault, index, hosts.length)
          ? [[fault.at, fault.at + fault.forMs]]
          : [],
      );
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

/** Whether it keeps this server from writing. */
function disturbs(fault: Fault, server: number, servers: number): boolean {
  switch (fault.kind) {
    case "store-pause":
      return true;
    case "store":
      return isAmong(fault, server);
    case "pause":
    case "crash":
    case "close":
      return fault.server % servers === server;
    default:
      return false;
  }
}

function isSame(one: Agreement | undefined, other: Agreement): boolean {
  return one?.epoch === other.epoch && one.incarnation === other.incarnation;
}

function doesKnow({ host }: Process, active: string, url: string): boolean {
  return identityFor(host.plan, ENDPOINTS.indexOf(active as never))?.url === url;
}

function idsOf(histories: readonly ProcessHistory[]): string {
  return histories.map(({ process }) => process.id).join(" ") || "nobody";
}
