import { WebPubSubClient } from "@azure/web-pubsub-client";
import WebSocket from "ws";
import { programSettings, sendToParent } from "../../../../demo-app/processes/program.ts";
import { until } from "../../../support/until.ts";
import { type Numbered, now, numberedOf } from "../message.ts";
import { NumberSet } from "../number-set.ts";
import type { PlainRecord } from "../record.ts";
import { tellComplaints } from "./complaints.ts";
import type { ClientsOrder, PlainSettings, ProgramMessage } from "./program-messages.ts";

// Clients that know nothing of positions: Microsoft's, and sockets without a subprotocol.
tellComplaints();
const settings = programSettings<PlainSettings>();
const PATIENCE_IN_MS = 3000;
const PAUSE_IN_MS = 200;
const CONNECTED_WITHIN_MS = 60_000;
const maxViolations = 20;

interface NegotiateAnswer {
  readonly url: string;
  readonly endpoint: string;
}

async function negotiate(name: string, turn: number): Promise<NegotiateAnswer> {
  const { negotiateUrls } = settings;
  const url = `${negotiateUrls[turn % negotiateUrls.length]}?user=${name}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_IN_MS) });
  if (!response.ok) throw new Error(`negotiate was answered ${response.status}`);
  return (await response.json()) as NegotiateAnswer;
}

class PlainLog {
  readonly #name: string;
  readonly #kind: PlainRecord["kind"];
  readonly #received = new Map<string, NumberSet>();
  /** By the connection that there is now: each region sends what is live to whoever is there by then. */
  readonly #ofConnection = new Map<string, NumberSet>();
  readonly #connected: { endpoint: string; from: number; to: number }[] = [];
  readonly #violations: string[] = [];
  isUp = false;
  #heardAt = 0;

  constructor(name: string, kind: PlainRecord["kind"]) {
    this.#name = name;
    this.#kind = kind;
  }

  /** @param stream What it came as; undefined where the client cannot tell. */
  take(data: unknown, stream?: string): void {
    const message = numberedOf(data);
    this.#heardAt = now();
    if (message === undefined || (stream !== undefined && stream !== message.stream))
      this.#blame(`was given ${JSON.stringify(data)} as ${stream}`);
    else this.#add(message);
  }

  up(endpoint: string): void {
    this.isUp = true;
    this.#ofConnection.clear();
    this.#connected.push({ endpoint, from: now(), to: Number.MAX_SAFE_INTEGER });
  }

  down(): void {
    const last = this.#connected.at(-1);
    // Microsoft's does not tell of a close until it has tried for a while to recover from it.
    if (this.isUp && last) last.to = this.#kind === "official" ? this.#heardAt : now();
    this.isUp = false;
  }

  get record(): PlainRecord {
    const received = [...this.#received].map(([sender, set]) => [sender, set.toText()]);
    return {
      name: this.#name,
      kind: this.#kind,
      received: Object.fromEntries(received),
      connected: this.#connected,
      violations: this.#violations,
    };
  }

  #add({ sender, number, stream }: Numbered): void {
    const key = `${stream} ${sender}`;
    numbersIn(this.#received, key).add(number);
    const isRepeated = numbersIn(this.#ofConnection, key).add(number);
    if (isRepeated) this.#blame(`was given ${key} ${number} twice`);
  }

  #blame(what: string): void {
    if (this.#violations.length < maxViolations) this.#violations.push(`${this.#name} ${what}`);
  }
}

function numbersIn(sets: Map<string, NumberSet>, key: string): NumberSet {
  const numbers = sets.get(key) ?? new NumberSet();
  sets.set(key, numbers);
  return numbers;
}

function startOfficial(name: string, index: number): PlainLog {
  const log = new PlainLog(name, "official");
  let turn = index;
  let endpoint = "";
  const getClientAccessUrl = async (): Promise<string> => {
    for (;;) {
      try {
        const answer = await negotiate(name, turn++);
        endpoint = answer.endpoint;
        return answer.url;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_IN_MS));
      }
    }
  };
  const client = new WebPubSubClient({ getClientAccessUrl });
  client.on("server-message", ({ message }) => log.take(message.data, "a"));
  client.on("group-message", ({ message }) => log.take(message.data, `g:${message.group}`));
  client.on("connected", () => log.up(endpoint));
  client.on("disconnected", () => log.down());
  const start = (): Promise<void> =>
    client.start().catch(() => void setTimeout(start, PAUSE_IN_MS));
  // It gives up when it was refused too often.
  client.on("stopped", () => void setTimeout(start, PAUSE_IN_MS));
  void start();
  return log;
}

function startSimple(name: string, index: number): PlainLog {
  const log = new PlainLog(name, "simple");
  let turn = index;
  const again = (): void => void setTimeout(() => void connect(), PAUSE_IN_MS);
  const connect = async (): Promise<void> => {
    const answer = await negotiate(name, turn++).catch(() => undefined);
    if (answer === undefined) return again();
    const socket = new WebSocket(answer.url, { handshakeTimeout: PATIENCE_IN_MS });
    socket.on("open", () => log.up(answer.endpoint));
    socket.on("message", (data) => log.take(jsonIn(String(data))));
    // Its end is told by "close" as well.
    socket.on("error", () => {});
    socket.on("close", () => {
      log.down();
      again();
    });
  };
  void connect();
  return log;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const logs = settings.names.map((name, index) =>
  index % 2 === 0 ? startOfficial(name, index) : startSimple(name, index),
);
process.on("message", async ({ kind }: ClientsOrder) => {
  if (kind === "begin") {
    await until(() => logs.every(({ isUp }) => isUp), CONNECTED_WITHIN_MS);
    sendToParent<ProgramMessage>({ kind: "begun" });
  }
  if (kind === "collect") {
    for (const { record } of logs) sendToParent<ProgramMessage>({ kind: "plain", record });
    sendToParent<ProgramMessage>({ kind: "collected", moved: [], told: [], reads: [] });
  }
});
sendToParent<ProgramMessage>({ kind: "serves" });
