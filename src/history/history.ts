import type {
  HistoryPort,
  InvitedClient,
  LoggedSend,
  Resend,
  SendToLog,
} from "../context/history-port.ts";
import type { PluginContext } from "../context/plugin-context.ts";
import { readStreamName } from "../context/stream-name.ts";
import type { HistoryStatus } from "../contract/status.ts";
import { type Clock, systemClock } from "../kit/clock.ts";
import { canonicalHub } from "../kit/hub-name.ts";
import { isMarker } from "../marker-groups/marker.ts";
import type { HistoryConfiguration } from "../options/parse-options.ts";
import type { EncodedBody } from "../service/encoded-body.ts";
import { BacklogWatch } from "./backlog-watch.ts";
import { Frames } from "./frames.ts";
import { HistoryReads } from "./history-reads.ts";
import { messageIds } from "./message-ids.ts";
import { Outbox } from "./outbox.ts";
import { SendLog } from "./send-log.ts";
import { HistorySession } from "./session.ts";
import { Settlements } from "./settlements.ts";
import { StreamAllowances } from "./stream-allowances.ts";
import { StreamCalls } from "./stream-calls.ts";

/** Of one stream, that one endpoint is sent again; beyond, its clients are told to look. */
const maxResends = 20;
/** Of `maxBytesPerStream`: a larger message would push out all that clients are about to read. */
const SHARE_OF_MESSAGE = 1 / 4;
/** Of the deadline of a send: no task of the outbox takes longer than one, and some calls of the store. */
const LEASES = 3;

/** The history of one plugin: what the other parts ask of it, and its life. */
export class History implements HistoryPort {
  readonly session: HistorySession;
  readonly calls: StreamCalls;
  readonly reads: HistoryReads;
  readonly allowances: StreamAllowances;
  readonly backlog: BacklogWatch;
  readonly #context: PluginContext;
  readonly #groups: HistoryConfiguration["groups"];
  readonly #log: SendLog;
  readonly #settlements: Settlements;
  readonly #outbox: Outbox;

  constructor(
    context: PluginContext,
    configuration: HistoryConfiguration,
    resend: Resend,
    clock: Clock = systemClock,
  ) {
    const { appendTimeoutInMs, carrier, maxBytesPerStream, maxMessages, store, ttlInMs } =
      configuration;
    const { events, random, registry } = context;
    const { hub, fanOut } = context.configuration;
    this.#context = context;
    this.#groups = configuration.groups;
    const session = new HistorySession({
      store,
      hub: canonicalHub(hub),
      limits: { maxMessages, maxBytesPerStream, ttlInMs, maxResends },
      clock,
      random,
      listener: {
        lost: (error) => events.emit("historyLost", { error }),
        restored: (lostForInMs) => {
          this.calls.sweep();
          this.#outbox.pollIn(0);
          events.emit("historyRestored", { lostForInMs });
        },
      },
    });
    const frames = new Frames(carrier);
    this.session = session;
    this.backlog = new BacklogWatch(session, clock);
    this.calls = new StreamCalls({ session, appendTimeoutInMs, ttlInMs, clock });
    this.allowances = new StreamAllowances((stream) => this.calls.knows(stream), clock);
    this.reads = new HistoryReads(context, {
      allowances: this.allowances,
      calls: this.calls,
      isTracked: (stream) => this.isTracked(stream),
      appendTimeoutInMs,
      clock,
    });
    this.#outbox = new Outbox({
      session,
      calls: this.calls,
      frames,
      resend,
      endpoints: () => {
        const targets = registry.fanOutTargets();
        const all = registry.all();
        const namesOf = (isInUse: boolean): string[] =>
          all.filter((one) => targets.has(one) === isInUse).map(({ name }) => name);
        return { inUse: namesOf(true), outOfUse: namesOf(false) };
      },
      leaseInMs: LEASES * fanOut.timeoutInMs,
      clock,
      random,
    });
    this.#settlements = new Settlements({
      session,
      clock,
      onUndelivered: (inMs) => this.#outbox.pollIn(inMs),
    });
    this.#log = new SendLog({
      session,
      calls: this.calls,
      settlements: this.#settlements,
      frames,
      nextId: messageIds(random),
      isTracked: (stream) => this.isTracked(stream),
      maxBytes: maxBytesPerStream * SHARE_OF_MESSAGE,
      clock,
    });
  }

  start(): void {
    this.session.start();
    this.#outbox.start();
    this.#context.events.onInternally("endpointUp", () => this.#outbox.pollIn(0));
  }

  log(send: SendToLog): Promise<LoggedSend> {
    return this.#log.log(send);
  }

  invite(client: InvitedClient): Promise<Readonly<Record<string, string>>> {
    return this.reads.invite(client);
  }

  get status(): HistoryStatus {
    return Object.freeze({ isKept: this.session.isLive, outbox: this.#outbox.status });
  }

  /** Whether such a message to a stream is kept. */
  keeps(stream: string, body: EncodedBody): boolean {
    return this.#log.keeps(stream, body);
  }

  /** Whether messages to a stream are kept. */
  isTracked(stream: string): boolean {
    const subject = readStreamName(stream);
    if (subject?.kind !== "group") return subject !== undefined;
    if (isMarker(subject.group)) return false;
    try {
      return Boolean(this.#groups(subject.group));
    } catch (error) {
      this.#context.events.emit("handlerError", { handler: "history.groups", error });
      return false;
    }
  }

  async close(): Promise<void> {
    this.reads.close();
    await this.#outbox.close();
    await this.#settlements.close();
    await this.session.close();
  }
}
