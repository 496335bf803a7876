import {
  type ClientEvents,
  ResilientPubSubClient,
  type ResilientPubSubClientOptions,
} from "express-resilient-pubsub/client";
import { closeAfterTest } from "../../support/clean-up.ts";

export interface MadeClient {
  readonly client: ResilientPubSubClient;
  /** What has happened so far, a line each, such as `moved east -> west`. */
  readonly log: string[];
  /** Data of the messages, from servers and groups, in their order. */
  readonly heard: unknown[];
  /** The arguments of the events, by their names. */
  readonly events: { readonly [Name in keyof ClientEvents]: ClientEvents[Name][] };
}

/** Everything as soon as possible: there is nobody to be considerate of. */
export const withoutDelays: ResilientPubSubClientOptions = {
  reconnectSpreadInMs: 0,
  reconnectRetryOptions: { retryDelayInMs: 1, maxRetryDelayInMs: 20 },
};

/** A client that is hasty, but for these options, not started yet, and stopped after the test. */
export function makeClient(
  negotiate: ConstructorParameters<typeof ResilientPubSubClient>[0],
  options: ResilientPubSubClientOptions = {},
): MadeClient {
  const client = new ResilientPubSubClient(negotiate, { ...withoutDelays, ...options });
  closeAfterTest({ close: () => client.stop() });
  const log: string[] = [];
  const heard: unknown[] = [];
  const events: MadeClient["events"] = {
    connected: [],
    disconnected: [],
    stopped: [],
    moved: [],
    "server-message": [],
    "group-message": [],
    "rejoin-group-failed": [],
    "connect-failed": [],
    "state-changed": [],
    continuity: [],
  };
  for (const name of Object.keys(events) as (keyof ClientEvents)[]) {
    client.on(name, (args) => {
      (events[name] as unknown[]).push(args);
      if ("message" in args && name.endsWith("-message")) {
        heard.push((args as ClientEvents["server-message"]).message.data);
      } else log.push(lineOf(name, args as Partial<Mentioned>));
    });
  }
  return { client, log, heard, events };
}

interface Mentioned {
  endpoint: string;
  from: string;
  to: string;
  group: string;
  state: string;
  error: { code: string };
}

function lineOf(name: string, args: Partial<Mentioned>): string {
  const { endpoint, from, to, group, state, error } = args;
  const subject = from ? `${from} -> ${to}` : (group ?? state ?? endpoint);
  return [name === "state-changed" ? "state" : name, subject, error?.code]
    .filter(Boolean)
    .join(" ");
}
