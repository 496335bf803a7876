import type { AnyPubSubEvent, PubSubEvents } from "../contract/events.ts";
import type { LogFields } from "../contract/logger.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import type { OnceWarnings } from "../kit/warn-once.ts";
import type { Configuration } from "../options/parse-options.ts";
import { describeError } from "../service/describe-error.ts";
import { defaultSink } from "./default-sink.ts";
import { EVENT_LINES } from "./event-lines.ts";
import { givenSink } from "./given-sink.ts";
import { type LogLine, type LogSink, quoted } from "./log-line.ts";
import { RepeatedLines } from "./repeated-lines.ts";
import { watchForSilence } from "./webhook-silence.ts";

/** The log of a plugin, if it is to have one. */
export function eventLogOf(
  { hub, logger, upstream }: Pick<Configuration, "hub" | "logger" | "upstream">,
  events: TypedEvents,
  warnings: OnceWarnings,
): EventLog | undefined {
  if (logger === false) return undefined;
  const log = new EventLog(hub, events, logger ? givenSink(logger, warnings) : defaultSink);
  watchForSilence(upstream, events, (line) => log.tell("upstreamSilent", line));
  return log;
}

/** Writes a line for each event of a plugin that is worth one. */
export class EventLog {
  readonly #hub: string;
  readonly #sink: LogSink;
  readonly #repeated = new RepeatedLines();

  constructor(hub: string, events: TypedEvents, sink: LogSink) {
    this.#hub = hub;
    this.#sink = sink;
    events.onAny((...event) => this.#tellEvent(...event));
  }

  /** Whether lines are wanted that explain every negotiate. */
  get isDebug(): boolean {
    return this.#sink.isDebug;
  }

  /** A line at `debug`, which is no event. */
  explain(what: string, fields: object): void {
    const line = { level: "debug", what } as const;
    this.#write(line, 0, { ...fields, event: "negotiated", hub: this.#hub });
  }

  /** A line that is no event. */
  tell(event: string, line: LogLine): void {
    this.#write(line, 0, { event, hub: this.#hub });
  }

  /** Tells what has only been counted so far. */
  close(): void {
    this.#repeated.close();
  }

  #tellEvent(...[name, event]: AnyPubSubEvent): void {
    const lineOf = EVENT_LINES[name as keyof typeof EVENT_LINES] as
      | ((event: PubSubEvents[keyof PubSubEvents]) => LogLine | undefined)
      | undefined;
    const line = lineOf?.(event);
    if (line === undefined) return;
    const fields = { event: name, hub: this.#hub, ...detailOf(event) };
    if (line.alike === undefined) this.#write(line, 0, fields);
    else {
      const kind = `${name} ${line.alike}`;
      this.#repeated.tell(kind, (others) => this.#write(line, others, fields));
    }
  }

  #write({ level, what, remedy }: LogLine, others: number, fields: LogFields): void {
    const more = others === 0 ? "" : `, and ${others} more like it`;
    const advice = remedy === undefined ? "" : `; ${remedy}`;
    const message = `[hub ${quoted(this.#hub)}] ${what}${more}${advice}`;
    this.#sink.write(level, message, others === 0 ? fields : { ...fields, others });
  }
}

/** What anybody may know of an event. */
function detailOf(event: object): object {
  return "error" in event ? { ...event, error: describeError(event.error) } : event;
}
