import * as positions from "../../../../src/client/continuity/positions.ts";
import type { Frame } from "../../../../src/context/history-port.ts";
import type { PluginContext } from "../../../../src/context/plugin-context.ts";
import type {
  KnownPosition,
  OutboxTask,
  StreamPosition,
} from "../../../../src/contract/history-store.ts";
import type { History } from "../../../../src/history/history.ts";
import { HistoryReads } from "../../../../src/history/history-reads.ts";
import type { StreamCalls } from "../../../../src/history/stream-calls.ts";
import type { Clock } from "../../../../src/kit/clock.ts";
import type { HubState } from "../../../../src/stores/memory-history/state.ts";
import type { Core } from "../../../client/continuity/support/model-run.ts";

/** What servers and store can be made to do wrong. */
export type Rule =
  /** Stores are not told apart. */
  | "same run"
  /** A connection does not say which store it reached last. */
  | "no run of a connection"
  /** The store is not told what a server knows. */
  | "no regression guard"
  | "no id of what is known"
  | "no closing on record"
  | "no check of a new epoch"
  | "no renewal after a loss"
  | "no id of what is bypassed"
  | "sent again to all"
  | "a key hit is sent"
  | "publications are bypassed"
  | "replica read"
  | "old confirmation"
  | "flights are joined"
  | "partial replay"
  | "no outbox"
  | "sent again to the excluded"
  | "skips are not repaired"
  | "no checks from the outbox";

interface Asked {
  readonly stream: string;
  readonly known: KnownPosition | undefined;
}

type AskTops = StreamCalls["tops"];

/** What is taken away from the protocol in a run, for the parts of the simulation that do it. */
export class Mutations {
  /** The logic of the clients. */
  readonly core: Core;
  readonly #without: ReadonlySet<Rule>;

  constructor(without: readonly Rule[] = [], core: Core = positions) {
    this.#without = new Set(without);
    this.core = core;
  }

  has(rule: Rule): boolean {
    return this.#without.has(rule);
  }

  /** A frame on its first way. */
  live(frame: Frame): Frame {
    if (!this.has("no id of what is bypassed")) return frame;
    return withEnvelope(frame, (text) =>
      text.replace(/^(1 b \w - ).*/, `$1x${Math.random().toString(36).slice(2, 14)}`),
    );
  }

  /** @returns Undefined for what is not sent again. */
  resent(frame: Frame): Frame | undefined {
    const [envelope = ""] = Object.values(frame.headers);
    if (this.has("skips are not repaired") && envelope.startsWith("1 s")) return undefined;
    if (this.has("sent again to all")) return { ...frame, filter: undefined };
    if (this.has("sent again to the excluded")) return { ...frame, excluded: undefined };
    return frame;
  }

  claimed(tasks: readonly OutboxTask[]): OutboxTask[] {
    if (this.has("no outbox")) return [];
    const isLeft = ({ stream, offsets }: OutboxTask): boolean =>
      !this.has("no checks from the outbox") || stream === undefined || offsets.length > 0;
    return tasks.filter(isLeft);
  }

  /** What reads the history for clients. */
  reading(context: PluginContext, history: History, clock: Clock): HistoryReads {
    const { calls } = history;
    const tops = this.#confirmedBy((streams, waitInMs) => calls.tops(streams, waitInMs), clock);
    if (!tops) return history.reads;
    const ranges: StreamCalls["ranges"] = (questions) => calls.ranges(questions);
    return new HistoryReads(context, {
      calls: { tops, ranges } as StreamCalls,
      isTracked: (stream) => history.isTracked(stream),
      appendTimeoutInMs: 100,
      clock,
    });
  }

  /** An answer to a client. */
  answered(text: string): string {
    if (!this.has("partial replay")) return text;
    return text.replaceAll(
      /"recovered":false,"reason":"(trimmed|hole|too-far)"/g,
      '"recovered":true',
    );
  }

  /** What the store is told of what a server knows. */
  asked<T extends Asked>(hub: HubState, asked: T): T {
    const { known } = asked;
    if (!known) return asked;
    if (this.has("no regression guard")) return { ...asked, known: undefined };
    if (this.has("no id of what is known")) return { ...asked, known: { ...known, id: undefined } };
    const isCurrent = hub.streams.get(asked.stream)?.record.epoch === known.epoch;
    const isClosing = this.has("no closing on record") && !isCurrent;
    return isClosing ? { ...asked, known: undefined } : asked;
  }

  /** @returns What is to be done after the step. */
  beforeStep(hub: HubState): () => void {
    if (!this.has("no check of a new epoch")) return () => {};
    const epochs = epochsOf(hub);
    const before = tasksOf(hub);
    return () => {
      const isNew = [...epochsOf(hub)].some(([name, epoch]) => {
        const earlier = epochs.get(name);
        return earlier !== undefined && earlier !== epoch;
      });
      if (!isNew) return;
      for (const [name, { tasks }] of hub.endpoints) {
        for (const [stream, { offsets }] of tasks) {
          if (offsets.length === 0 && !before.get(name)?.has(stream)) tasks.delete(stream);
        }
      }
    };
  }

  #confirmedBy(ask: AskTops, clock: Clock): AskTops | undefined {
    const known = new Map<
      string,
      { readonly at: number; readonly tops: Promise<StreamPosition[]> }
    >();
    const isOld = this.has("old confirmation");
    if (!isOld && !this.has("flights are joined")) return undefined;
    return (streams, waitInMs) => {
      const key = streams.join(" ");
      const before = known.get(key);
      if (before && (!isOld || clock.now() - before.at < 1500)) return before.tops;
      const tops = ask(streams, waitInMs);
      known.set(key, { at: clock.now(), tops });
      const forget = (): void => void (isOld || known.delete(key));
      tops.then(forget, () => known.delete(key));
      return tops;
    };
  }
}

const GENERATION = "";

function epochsOf(hub: HubState): Map<string, string> {
  const epochs = [...hub.streams].map(([name, { record }]) => [name, record.epoch] as const);
  return new Map([...epochs, [GENERATION, hub.generation]]);
}

const tasksOf = (hub: HubState): Map<string, ReadonlySet<string>> =>
  new Map([...hub.endpoints].map(([name, { tasks }]) => [name, new Set(tasks.keys())]));

function withEnvelope(frame: Frame, change: (text: string) => string): Frame {
  const headers = Object.entries(frame.headers).map(([name, text]) => [name, change(text)]);
  return { ...frame, headers: Object.fromEntries(headers) };
}
