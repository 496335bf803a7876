import { type ContinuityOptions, continuity } from "express-resilient-pubsub/client";
import { type MadeClient, makeClient } from "../../support/make-client.ts";
import {
  type Answer,
  answerJson,
  answerStatus,
  ScriptedAppServer,
} from "../../support/scripted-app-server.ts";
import { ScriptedService, type ServiceClient } from "../../support/scripted-service.ts";

export const EPOCH = "epoch-01";
const HOUR_IN_MS = 3_600_000;

/** What the history of a scripted app server has. */
export interface ScriptedStream {
  epoch: string;
  /** What is at the offsets from 1. */
  readonly entries: { id: string; d: unknown; u?: string; skip?: 1 }[];
}

/** Two endpoints and an app server with a history, all of which do what a test says. */
export class ContinuityWorld {
  readonly streams: Record<string, ScriptedStream> = { a: { epoch: EPOCH, entries: [] } };
  /** What the next reads are answered in place of the history. */
  readonly failures: Answer[] = [];
  readonly east: ScriptedService;
  readonly west: ScriptedService;
  readonly appServer: ScriptedAppServer;
  told: object = { reviewAfterInMs: HOUR_IN_MS };
  review: object | undefined;
  #endpoint: "east" | "west" = "east";

  static async start(): Promise<ContinuityWorld> {
    const [east, west] = [await ScriptedService.start(), await ScriptedService.start()];
    const appServer = await ScriptedAppServer.start(answerStatus(500));
    return new ContinuityWorld(east, west, appServer);
  }

  private constructor(east: ScriptedService, west: ScriptedService, appServer: ScriptedAppServer) {
    this.east = east;
    this.west = west;
    this.appServer = appServer;
    appServer.negotiate = (res, req) =>
      answerJson({
        url: this[this.#endpoint].url,
        endpoint: this.#endpoint,
        grant: `grant-${appServer.negotiated.length}`,
        history: { ttlInMs: 300_000, positions: { a: this.topOf("a") } },
        ...this.told,
      })(res, req);
    appServer.history = ({ since, at }) => {
      const failure = this.failures.shift();
      if (failure) return failure;
      const streams = Object.entries(since).map(([name, text]) => [name, this.#answer(name, text)]);
      return answerJson({
        streams: Object.fromEntries(streams),
        ...(at && this.review && { review: this.review }),
      });
    };
  }

  sendTo(endpoint: "east" | "west"): void {
    this.#endpoint = endpoint;
  }

  /** The socket of the client, as the service sees it. */
  get socket(): ServiceClient {
    return this[this.#endpoint].latest as ServiceClient;
  }

  topOf(name: string): string {
    const { epoch, entries } = this.streams[name] as ScriptedStream;
    return `${epoch}:${entries.length}`;
  }

  /** @returns What to send for it. */
  append(name: string, d: unknown): object {
    this.streams[name] ??= { epoch: EPOCH, entries: [] };
    const { entries, epoch } = this.streams[name];
    const id = `id-${name.replace(/\W/g, "")}-${entries.length + 1}-${epoch}`.slice(0, 22);
    entries.push({ id, d });
    return this.frame(name, d, `1 m ${name.charAt(0)} ${this.topOf(name)} ${id}`);
  }

  frame(name: string, data: unknown, rps: string): object {
    const from = name.startsWith("g:")
      ? { from: "group", group: name.slice(2) }
      : { from: "server" };
    return { type: "message", dataType: "json", data, metadata: { rps }, ...from };
  }

  #answer(name: string, text: string): object {
    const stream = this.streams[name];
    if (!stream) return { position: "", recovered: false, reason: "forbidden", messages: [] };
    const position = this.topOf(name);
    const [epoch, offset] = text.split(":");
    if (text !== "" && epoch !== stream.epoch) {
      return { position, recovered: false, reason: "epoch", messages: [] };
    }
    const from = text === "" ? stream.entries.length : Number(offset);
    const messages = stream.entries
      .map(({ d, ...more }, index) => ({ o: index + 1, t: "json", d, ...more }))
      .slice(from);
    return { position, recovered: true, messages };
  }

  makeClient(options: ContinuityOptions = {}): MadeClient {
    return makeClient(this.appServer.url, { continuity: continuity(options) });
  }
}
