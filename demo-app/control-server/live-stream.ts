import type { RequestHandler, Response } from "express";
import type { MonitoredEnvironment } from "../contract/environment.ts";
import type { DemoEvent, DrillView, LiveMessages, LogLine } from "../contract/live.ts";
import { ClientChanges } from "./client-changes.ts";

/** What a drill shows of itself. */
export interface ObservedDrill {
  readonly view: DrillView | null;
  onChange(listener: () => void): () => void;
}

const SEND_CHANGES_EVERY_IN_MS = 100;
const HEARTBEAT_EVERY_IN_MS = 15_000;
const RETRY_AFTER_IN_MS = 1000;
const LAST_EVENTS = 100;
const LAST_LOG_LINES = 100;
// Who reads so little that this waits for it is cut, and comes back to hear what is true then.
const maxBufferedBytes = 4 * 1024 * 1024;

/** `GET /api/live`: sends every listener the present state, and then what changes, at most ten times a second. */
export class LiveStream {
  readonly #environment: MonitoredEnvironment;
  readonly #drill: ObservedDrill;
  readonly #listeners = new Set<Response>();
  readonly #clients: ClientChanges;
  readonly #microsoftClients: ClientChanges;
  readonly #ends: (() => void)[];
  readonly #heartbeatEveryInMs: number;
  #events: DemoEvent[] = [];
  #logLines: LogLine[] = [];
  #isDrillChanged = false;
  #lastEnvironment = "";
  #lastFigures = "";
  #ticker: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(
    environment: MonitoredEnvironment,
    drill: ObservedDrill,
    { heartbeatEveryInMs = HEARTBEAT_EVERY_IN_MS } = {},
  ) {
    this.#heartbeatEveryInMs = heartbeatEveryInMs;
    const { endpoints, servers } = environment.view;
    this.#environment = environment;
    this.#drill = drill;
    const regions = servers.map(({ region }) => region);
    const names = endpoints.map(({ name }) => name);
    this.#clients = new ClientChanges(regions, names);
    this.#microsoftClients = new ClientChanges(regions, names);
    this.#ends = [
      environment.rates.onAdd((rates) => this.#sendToAll(message("rates", rates))),
      environment.events.onAdd((event) => {
        if (this.#listeners.size > 0) this.#events.push(event);
      }),
      environment.log.onAdd((line) => {
        if (this.#listeners.size > 0) this.#logLines.push(line);
      }),
      drill.onChange(() => {
        this.#isDrillChanged = true;
      }),
    ];
  }

  readonly handler: RequestHandler = (_req, res) => {
    res.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
    });
    // What the others have yet to receive is part of the snapshot that this one receives.
    this.#sendChanges();
    res.write(this.#snapshot());
    this.#listeners.add(res);
    res.on("close", () => this.#removeListener(res));
    if (res.destroyed) this.#removeListener(res);
    else this.#startTimers();
  };

  get listeners(): number {
    return this.#listeners.size;
  }

  close(): void {
    for (const end of this.#ends) end();
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    this.#stopTimers();
  }

  #startTimers(): void {
    this.#ticker ??= setInterval(() => this.#sendChanges(), SEND_CHANGES_EVERY_IN_MS).unref();
    this.#heartbeat ??= setInterval(
      () => this.#sendToAll(": still here\n\n"),
      this.#heartbeatEveryInMs,
    ).unref();
  }

  #removeListener(listener: Response): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#stopTimers();
  }

  #stopTimers(): void {
    clearInterval(this.#ticker);
    clearInterval(this.#heartbeat);
    this.#ticker = undefined;
    this.#heartbeat = undefined;
    this.#events = [];
    this.#logLines = [];
  }

  #snapshot(): string {
    return [
      `retry: ${RETRY_AFTER_IN_MS}\n\n`,
      message("environment", this.#environment.view),
      message("clients", [...this.#clients.all]),
      message("microsoftClients", [...this.#microsoftClients.all]),
      message("figures", this.#environment.figures),
      message("events", this.#environment.events.entries.slice(-LAST_EVENTS)),
      message("log", this.#environment.log.entries.slice(-LAST_LOG_LINES)),
      message("drill", this.#drill.view),
    ].join("");
  }

  #sendChanges(): void {
    const sent: string[] = [];
    const environment = message("environment", this.#environment.view);
    if (environment !== this.#lastEnvironment) sent.push(environment);
    this.#lastEnvironment = environment;
    const clients = this.#clients.takeChanges(this.#environment.clients.views);
    if (clients.length > 0) sent.push(message("clients", [...clients]));
    const others = this.#microsoftClients.takeChanges(this.#environment.microsoftClients);
    if (others.length > 0) sent.push(message("microsoftClients", [...others]));
    const figures = message("figures", this.#environment.figures);
    if (figures !== this.#lastFigures) sent.push(figures);
    this.#lastFigures = figures;
    if (this.#events.length > 0) sent.push(message("events", this.#events));
    this.#events = [];
    if (this.#logLines.length > 0) sent.push(message("log", this.#logLines));
    this.#logLines = [];
    if (this.#isDrillChanged) sent.push(message("drill", this.#drill.view));
    this.#isDrillChanged = false;
    if (sent.length > 0) this.#sendToAll(sent.join(""));
  }

  #sendToAll(text: string): void {
    for (const listener of this.#listeners) {
      if (listener.writableLength > maxBufferedBytes) listener.destroy();
      else listener.write(text);
    }
  }
}

function message<Name extends keyof LiveMessages>(name: Name, data: LiveMessages[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
