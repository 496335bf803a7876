import type { RequestHandler, Response } from "express";
import type { MonitoredEnvironment } from "../contract/environment.ts";
import type { DemoEvent, DrillView, LiveMessages } from "../contract/live.ts";
import { ClientChanges } from "./client-changes.ts";

/** What a drill shows of itself. */
export interface WatchedDrill {
  readonly view: DrillView | null;
  onChange(listener: () => void): () => void;
}

const TELL_EVERY_IN_MS = 100;
const HEARTBEAT_EVERY_IN_MS = 15_000;
const COME_BACK_AFTER_IN_MS = 1000;
const LAST_EVENTS = 100;
// Who reads so little that this waits for it is cut, and comes back to hear what is true then.
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

/** `GET /api/live`: tells every listener what is true, and then what changes, at most ten times a second. */
export class LiveStream {
  readonly #environment: MonitoredEnvironment;
  readonly #drill: WatchedDrill;
  readonly #listeners = new Set<Response>();
  readonly #clients: ClientChanges;
  readonly #ends: (() => void)[];
  readonly #heartbeatEveryInMs: number;
  #events: DemoEvent[] = [];
  #isDrillNew = false;
  #lastEnvironment = "";
  #ticker: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(
    environment: MonitoredEnvironment,
    drill: WatchedDrill,
    { heartbeatEveryInMs = HEARTBEAT_EVERY_IN_MS } = {},
  ) {
    this.#heartbeatEveryInMs = heartbeatEveryInMs;
    const { endpoints, servers } = environment.view;
    this.#environment = environment;
    this.#drill = drill;
    this.#clients = new ClientChanges(
      servers.map(({ region }) => region),
      endpoints.map(({ name }) => name),
    );
    this.#ends = [
      environment.rates.onAdd((rates) => this.#tellAll(message("rates", rates))),
      environment.events.onAdd((event) => {
        if (this.#listeners.size > 0) this.#events.push(event);
      }),
      drill.onChange(() => {
        this.#isDrillNew = true;
      }),
    ];
  }

  readonly handler: RequestHandler = (_req, res) => {
    res.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
    });
    // What the others are still to be told is part of what this one is told as a whole.
    this.#tellChanges();
    res.write(this.#everything());
    this.#listeners.add(res);
    res.on("close", () => this.#leave(res));
    if (res.destroyed) this.#leave(res);
    else this.#begin();
  };

  get listeners(): number {
    return this.#listeners.size;
  }

  close(): void {
    for (const end of this.#ends) end();
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    this.#rest();
  }

  #begin(): void {
    this.#ticker ??= setInterval(() => this.#tellChanges(), TELL_EVERY_IN_MS).unref();
    this.#heartbeat ??= setInterval(
      () => this.#tellAll(": still here\n\n"),
      this.#heartbeatEveryInMs,
    ).unref();
  }

  #leave(listener: Response): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#ticker);
    clearInterval(this.#heartbeat);
    this.#ticker = undefined;
    this.#heartbeat = undefined;
    this.#events = [];
  }

  #everything(): string {
    return [
      `retry: ${COME_BACK_AFTER_IN_MS}\n\n`,
      message("environment", this.#environment.view),
      message("clients", [...this.#clients.all]),
      message("events", this.#environment.events.entries.slice(-LAST_EVENTS)),
      message("drill", this.#drill.view),
    ].join("");
  }

  #tellChanges(): void {
    const told: string[] = [];
    const environment = message("environment", this.#environment.view);
    if (environment !== this.#lastEnvironment) told.push(environment);
    this.#lastEnvironment = environment;
    const clients = this.#clients.take(this.#environment.clients.views);
    if (clients.length > 0) told.push(message("clients", [...clients]));
    if (this.#events.length > 0) told.push(message("events", this.#events));
    this.#events = [];
    if (this.#isDrillNew) told.push(message("drill", this.#drill.view));
    this.#isDrillNew = false;
    if (told.length > 0) this.#tellAll(told.join(""));
  }

  #tellAll(text: string): void {
    for (const listener of this.#listeners) {
      if (listener.writableLength > MOST_WAITING_BYTES) listener.destroy();
      else listener.write(text);
    }
  }
}

function message<Name extends keyof LiveMessages>(name: Name, data: LiveMessages[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
