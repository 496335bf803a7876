import { continuity, ResilientPubSubClient } from "express-resilient-pubsub/client";
import WebSocket from "ws";
import { programSettings, sendToParent } from "../../../../demo-app/processes/program.ts";
import { until } from "../../../support/until.ts";
import { ClientLog, type Positions } from "../client-log.ts";
import { GROUP, now, numberedOf, STREAMS } from "../message.ts";
import { Places } from "../places.ts";
import type { Moved, Told } from "../record.ts";
import { complain, tellComplaints } from "./complaints.ts";
import type { ClientsOrder, ClientsSettings, ProgramMessage } from "./program-messages.ts";

// Some of the clients that take part. Several share a process: they are many.
tellComplaints();
const settings = programSettings<ClientsSettings>();
const CONNECTED_WITHIN_MS = 60_000;
/** Nobody has told clients that start to spread. */
const PAUSE_BETWEEN_STARTS_IN_MS = 20;

const places = new Places();

/** Tells what comes over it, before the client hears of it. */
class TappedSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol);
    this.on("message", (data) => places.onFrame(String(data)));
  }
}

const untapped = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const startedAt = now();
  const response = await untapped(input, init);
  if (!response.ok || !/\/history\b/.test(String(input))) return response;
  const text = await response.text();
  reads.push(now() - startedAt);
  places.onHistory(text);
  const { status, headers } = response;
  return new Response(text, { status, headers });
};

const moved: Moved[] = [];
const told: Told[] = [];
const reads: number[] = [];

class Member {
  readonly name: string;
  readonly log: ClientLog;
  readonly client: ResilientPubSubClient;
  readonly #isPublishingWithoutEcho: boolean;
  #published = 0;
  isPublishing = false;
  #connectedAt = 0;
  /** By stream. */
  readonly #toldAt = new Map<string, number>();

  constructor(name: string, index: number) {
    this.name = name;
    this.log = new ClientLog(name, places);
    this.#isPublishingWithoutEcho = index % 4 === 0;
    const isJoining = index % 2 === 1;
    const { length } = settings.negotiateUrls;
    const urls = settings.negotiateUrls.map((_, turn) => {
      const url = settings.negotiateUrls[(index + turn) % length];
      return `${url}?user=${name}&joins=${isJoining ? 1 : 0}`;
    });
    this.client = new ResilientPubSubClient(urls, {
      continuity: continuity(),
      webSocket: TappedSocket,
      keepAliveIntervalInMs: settings.patience / 2,
      keepAliveTimeoutInMs: settings.patience,
      negotiateTimeoutInMs: 3000,
      reconnectSpreadInMs: 500,
      reconnectRetryOptions: { maxRetryDelayInMs: 2000 },
    });
    this.#listen();
    setTimeout(() => this.#start(isJoining), index * PAUSE_BETWEEN_STARTS_IN_MS);
  }

  get positions(): Positions {
    return this.client.positions?.streams ?? {};
  }

  get isReady(): boolean {
    const { positions } = this;
    return this.client.state === "connected" && STREAMS.every((stream) => positions[stream]);
  }

  /** One message, if the last one was answered: else nobody could say which came first. */
  async publish(): Promise<void> {
    this.#published += 1;
    const numbered = { sender: this.name, number: this.#published, stream: "g:room" } as const;
    const noEcho = this.#isPublishingWithoutEcho && this.#published % 2 === 0;
    const startedAt = now();
    this.isPublishing = true;
    const position = await this.client.publish(GROUP, { ...numbered }, { noEcho }).then(
      (answer) => answer.position,
      () => undefined,
    );
    this.isPublishing = false;
    const history = position === undefined ? "failed" : "logged";
    const notTo = noEcho ? this.name : undefined;
    const sent = { ...numbered, startedAt, endedAt: now(), history, position, notTo } as const;
    sendToParent<ProgramMessage>({ kind: "sent", sent });
  }

  #start(isJoining: boolean): void {
    const { client, name } = this;
    client.start().catch((error) => complain(`${name} has stopped: ${error}`));
    if (isJoining)
      client
        .joinGroup(GROUP)
        .catch((error) => complain(`${name} has not joined ${GROUP}: ${error}`));
  }

  #listen(): void {
    const { client, log, name } = this;
    const take = (data: unknown): void => {
      const message = numberedOf(data);
      if (message) log.onMessage(message, this.positions);
      else complain(`${name} was given ${JSON.stringify(data)}`);
    };
    client.on("server-message", ({ message }) => take(message.data));
    client.on("group-message", ({ message }) => take(message.data));
    client.on("connected", () => {
      this.#connectedAt = now();
    });
    client.on("moved", ({ downtimeInMs, recovered }) => {
      const at = now();
      moved.push({ at, downtimeInMs, catchUpInMs: at - this.#connectedAt, recovered });
    });
    client.on("continuity", ({ recovered, replayed, streams }) => {
      const lost = streams.filter((stream) => !stream.recovered);
      const reasons = lost.map(({ stream, reason }) => `${stream}: ${reason}`);
      const at = now();
      const since = Math.min(at, ...lost.map(({ stream }) => this.#toldAt.get(stream) ?? 0));
      for (const { stream } of streams) this.#toldAt.set(stream, at);
      told.push({ at, since, recovered, replayed, reasons });
      for (const { stream } of lost) log.onFalse(stream, this.positions);
    });
  }
}

const members = settings.names.map((name, index) => new Member(name, index));
const publishers = members.slice(0, settings.publishers);

let timer: NodeJS.Timeout | undefined;
let turn = 0;
function publishNext(): void {
  for (let tries = 0; tries < publishers.length; tries += 1) {
    const next = publishers[turn++ % publishers.length];
    if (next === undefined || next.isPublishing) continue;
    void next.publish();
    return;
  }
}

async function begin(): Promise<void> {
  await until(() => members.every(({ isReady }) => isReady), CONNECTED_WITHIN_MS);
  for (const { log, positions } of members) log.begin(positions);
  told.length = 0;
  moved.length = 0;
  sendToParent<ProgramMessage>({ kind: "begun" });
}

function collect(): void {
  for (const { log, positions } of members)
    sendToParent<ProgramMessage>({ kind: "record", record: log.end(positions) });
  sendToParent<ProgramMessage>({ kind: "claims", claims: places.claims });
  sendToParent<ProgramMessage>({ kind: "collected", moved, told, reads });
}

const positionOf = ({ client, positions }: Member): string =>
  client.state === "connected" ? STREAMS.map((stream) => positions[stream]).join() : "";

process.on("message", (order: ClientsOrder) => {
  if (order.kind === "begin")
    begin().catch((error) => {
      const late = members.filter(({ isReady }) => !isReady);
      const states = late.map(
        ({ name, client, positions }) => `${name} ${client.state} ${JSON.stringify(positions)}`,
      );
      complain(`some are not ready: ${states.join("; ")} (${error})`);
      process.exit(1);
    });
  if (order.kind === "sending") {
    clearInterval(timer);
    if (order.isSending) timer = setInterval(publishNext, 1000 / settings.rate);
  }
  if (order.kind === "positions") {
    const isQuiet = publishers.every(({ isPublishing }) => !isPublishing);
    const positions = members.map(positionOf);
    sendToParent<ProgramMessage>({ kind: "positions", positions: isQuiet ? positions : [""] });
  }
  if (order.kind === "collect") collect();
});
sendToParent<ProgramMessage>({ kind: "serves" });
