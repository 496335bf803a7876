import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import WebSocket from "ws";
import { startEmulator } from "../support/emulator.ts";
import type { Kind, RegionName } from "./plan.ts";

/** Times are monotonic milliseconds, infinite while they are still to come. */
export interface Outage {
  readonly cycle: number;
  readonly kind: Kind;
  /** When it was about to begin, and when it was complete. */
  readonly from: number;
  since: number;
  /** When it was about to end, and when it was over. */
  healedFrom: number;
  to: number;
}

const HUB = "chaos";
const RECONNECT_IN_MS = 50;

/** An emulated service instance, its outages, and one client that listens there whenever it can. */
export class Region {
  readonly name: RegionName;
  readonly #emulator: Emulator;
  #outages: Outage[] = [];
  #heard = new Set<string>();
  #socket: WebSocket | undefined;
  /** When the client listened. */
  #listenings: { readonly from: number; to: number }[] = [];
  #isClosed = false;

  private constructor(name: RegionName, emulator: Emulator) {
    this.name = name;
    this.#emulator = emulator;
  }

  static async start(name: RegionName): Promise<Region> {
    const region = new Region(name, await startEmulator());
    await new Promise<void>((resolve) => void region.#listen(resolve));
    return region;
  }

  get connectionString(): string {
    return this.#emulator.connectionString;
  }

  get outages(): readonly Outage[] {
    return this.#outages;
  }

  hasHeard(message: string): boolean {
    return this.#heard.has(message);
  }

  /** Breaks the region for a while. */
  async outage(cycle: number, kind: Kind, during: () => Promise<unknown>): Promise<void> {
    const never = Number.POSITIVE_INFINITY;
    const from = performance.now();
    const outage: Outage = { cycle, kind, from, since: never, healedFrom: never, to: never };
    this.#outages.push(outage);
    await this.#emulator.inject({ kind });
    outage.since = performance.now();
    await during();
    outage.healedFrom = performance.now();
    await this.#emulator.clear();
    outage.to = performance.now();
  }

  isUpThroughout(start: number, end: number): boolean {
    return !this.#outages.some(({ from, to }) => from <= end && to >= start);
  }

  isListenedToThroughout(start: number, end: number): boolean {
    return this.#listenings.some(({ from, to }) => from <= start && to >= end);
  }

  /** What has been judged is not kept: the run watches its own memory. */
  forget(): void {
    this.#outages = [];
    this.#listenings = this.#listenings.slice(-1);
    this.#heard = new Set();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#socket?.terminate();
    await this.#emulator.close();
  }

  async #listen(onOpen?: () => void): Promise<void> {
    const client = new WebPubSubServiceClient(this.connectionString, HUB, {
      allowInsecureConnection: true,
    });
    const { url } = await client.getClientAccessToken();
    if (this.#isClosed) return;
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.on("open", () => {
      this.#listenings.push({ from: performance.now(), to: Number.POSITIVE_INFINITY });
      onOpen?.();
    });
    socket.on("message", (data) => this.#heard.add(String(data)));
    // Its end is told by "close" as well.
    socket.on("error", () => {});
    socket.on("close", () => {
      const last = this.#listenings.at(-1);
      if (last) last.to = Math.min(last.to, performance.now());
      if (!this.#isClosed) setTimeout(() => void this.#listen(), RECONNECT_IN_MS);
    });
  }
}
