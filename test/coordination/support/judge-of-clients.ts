import type { AgreementRecord } from "../../../src/coordination/agreement-record.ts";
import type { Expect } from "./judge-of-moves.ts";
import { ENDPOINTS, identityFor, type Scenario } from "./scenario.ts";
import type { SimulatedCluster } from "./simulated-cluster.ts";
import type { Connection } from "./simulated-endpoints.ts";
import type { NegotiateAnswer } from "./simulated-negotiate.ts";
import type { Host, Process } from "./simulated-process.ts";

/** What the record has named, and since when; undefined while there was none. */
interface Named {
  readonly since: number;
  readonly url: string | undefined;
}

/** How much longer than a server thinks it may take, by the slowest clock. */
const SLOWEST = 1.03;

/** Watches what becomes of clients: that nobody closes the living, that nobody is left behind or sent away. */
export class JudgeOfClients {
  readonly #world: SimulatedCluster;
  readonly #expect: Expect;
  readonly #named: Named[] = [{ since: 0, url: undefined }];
  /** Since when a server has reached an endpoint, by server and endpoint; undefined while it does not. */
  readonly #answeringSince: (number | undefined)[][];
  /** Since when it could close clients there, and knows for sure whether it should. */
  readonly #wellSince: (number | undefined)[][];
  readonly #stayed = new Set<Connection>();

  constructor(world: SimulatedCluster, expect: Expect) {
    this.#world = world;
    this.#expect = expect;
    const none = (): undefined[][] => world.hosts.map(() => ENDPOINTS.map(() => undefined));
    this.#answeringSince = none();
    this.#wellSince = none();
    const again = (): void => {
      this.look();
      world.timeline.in(world.scenario.pollIntervalInMs, again);
    };
    again();
  }

  /**
   * All connections there are closed. That the record has named another endpoint not longer than a
   * lease ago is what entitles a server to that: half of it for the answer of the store, and half of
   * it for the call. Servers that have a store of their own for a while cannot know.
   */
  closing(process: Process, endpoint: number, url: string): void {
    const { scenario, timeline } = this.#world;
    const { now } = timeline;
    const isSplit = scenario.faults.some(
      (fault) =>
        fault.kind === "split" &&
        now >= fault.at &&
        now <= fault.at + fault.forMs + SLOWEST * scenario.leaseInMs,
    );
    if (isSplit) return;
    this.recordChanged();
    const from = now - SLOWEST * scenario.leaseInMs;
    const isEntitled = this.#named.some((named, index) => {
      const until = this.#named[index + 1]?.since ?? now;
      return until >= from && named.url !== undefined && named.url !== url;
    });
    this.#expect(
      isEntitled,
      `closing: ${process.id} closes all on ${ENDPOINTS[endpoint]} (${url}), where they should be`,
    );
  }

  /** A client was answered. Where the agreed endpoint answers this server, that is not a 503. */
  negotiated({ coordinator, host, startedAt }: Process, answer: NegotiateAnswer | undefined): void {
    const { agreement } = coordinator;
    if (answer !== undefined || agreement === undefined) return;
    const { now } = this.#world.timeline;
    const { url } = agreement;
    const endpoint = ENDPOINTS.findIndex((_, one) => identityFor(host.plan, one)?.url === url);
    const answeringSince = this.#answeringSince[host.index]?.[endpoint];
    if (answeringSince === undefined) return;
    const seenAt = Math.max(answeringSince, startedAt) + host.plan.detectionInMs;
    this.#expect(
      now <= Math.max(seenAt, host.stoppedUntil) + 1,
      `refused: ${url} answers s${host.index} since ${answeringSince.toFixed(0)}, and it gives nobody to it`,
    );
  }

  /** The record may be another one than before. */
  recordChanged(): void {
    const { store, timeline } = this.#world;
    const url = store.main.record && agreementIn(store.main.record.text).url;
    if (url !== this.#named.at(-1)?.url) this.#named.push({ since: timeline.now, url });
  }

  /** To be called whenever something begins or ends, and now and then. */
  look(): void {
    this.recordChanged();
    for (const host of this.#world.hosts) {
      for (const endpoint of ENDPOINTS.keys()) this.#lookAt(host, endpoint);
    }
    for (const connection of this.#world.endpoints.connections) this.#expectNoStay(connection);
  }

  /** In the end, when there is an endpoint for all. */
  get areTogether(): boolean {
    const { clients, running } = this.#world;
    const url = this.#named.at(-1)?.url;
    return running.length === 0 || clients.every(({ connection }) => connection?.url === url);
  }

  #lookAt({ index, process, stoppedUntil }: Host, endpoint: number): void {
    const world = this.#world;
    const { now } = world.timeline;
    const isAnswering = world.endpoints.answers(index, endpoint);
    const isRunning = process?.endedAt === undefined && process?.isEnding === false;
    const isWell =
      isAnswering &&
      isRunning &&
      now >= stoppedUntil &&
      world.reachesStore(index) &&
      world.endpoints.link(index, endpoint).callFaults.length === 0;
    set(this.#answeringSince, index, endpoint, isAnswering, now);
    set(this.#wellSince, index, endpoint, isWell, now);
  }

  #expectNoStay(connection: Connection): void {
    const { hosts, scenario, timeline } = this.#world;
    const { since = 0, url } = this.#named.at(-1) ?? {};
    if (url === undefined || url === connection.url || this.#stayed.has(connection)) return;
    for (const { index, plan } of hosts) {
      const wellSince = this.#wellSince[index]?.[connection.endpoint];
      const isTheirs = identityFor(plan, connection.endpoint)?.url === connection.url;
      if (wellSince === undefined || !isTheirs) continue;
      const inMs = timeline.now - Math.max(since, connection.since, wellSince);
      if (inMs <= longestStayInMs(scenario)) continue;
      this.#stayed.add(connection);
      this.#expect(
        false,
        `stay: client ${connection.client} is on ${connection.url} for ${inMs.toFixed(0)} ms, which s${index} reaches`,
      );
      return;
    }
  }
}

/**
 * How long a client may be left on an endpoint where it should not be, while somebody could close it
 * there: until a server that does not lead begins (two leases, and a look at the store before), its
 * leisurely pause (a lease), calls that it waits for in vain at another endpoint (half a lease each,
 * three of them), and its own three calls; and if some are lost, half a lease for each, of which four
 * in a row are too improbable.
 */
export function longestStayInMs({ leaseInMs, network, pollIntervalInMs }: Scenario): number {
  const inLeases = 2 + 1 + 3 / 2 + (network.loss > 0 ? 4 / 2 : 0);
  const maxDetectionInMs = 1500;
  return (
    SLOWEST * (inLeases * leaseInMs + 6 * pollIntervalInMs) +
    10 * network.delayInMs +
    maxDetectionInMs
  );
}

function agreementIn(text: string): AgreementRecord["agreement"] {
  return (JSON.parse(text) as AgreementRecord).agreement;
}

function set(
  times: (number | undefined)[][],
  server: number,
  endpoint: number,
  isSo: boolean,
  now: number,
): void {
  const row = times[server] as (number | undefined)[];
  row[endpoint] = isSo ? (row[endpoint] ?? now) : undefined;
}
