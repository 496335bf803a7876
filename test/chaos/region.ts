import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { EndpointOptions } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import WebSocket from "ws";
import { startEmulator } from "../support/emulator.ts";
import { type Firewall, startFirewall } from "../support/firewall.ts";
import { Identity } from "./identity.ts";
import type { Cycle, Kind, RegionName, Silence } from "./plan.ts";
import { kindOfPoison, refuse } from "./poison.ts";

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
  /** For how long an app server may still take the region out for what it met before the end (ms). */
  readonly lingersInMs: number;
}

/** An outage as it is ordered. */
type Order = Pick<Cycle, "number" | "silence"> & { readonly kind: Kind };

/** What is under way when a region is back may still fail: a check that hangs, a call, its canary. */
const LINGERS_IN_MS: Readonly<Record<Kind, number>> = {
  crash: 1500,
  blackhole: 4500,
  identity: 8000,
};
const HUB = "chaos";
const RECONNECT_IN_MS = 50;

/**
 * An emulated service instance behind a firewall that refuses poison, its outages, and one client that
 * listens there whenever it can.
 */
export class Region {
  readonly name: RegionName;
  readonly #emulator: Emulator;
  readonly #firewall: Firewall;
  /** Given where app servers reach it by credential. */
  readonly #identity: Identity | undefined;
  #outages: Outage[] = [];
  #heard = new Set<string>();
  #socket: WebSocket | undefined;
  /** When the client listened. */
  #listenings: { readonly from: number; to: number }[] = [];
  #isClosed = false;

  private constructor(
    name: RegionName,
    emulator: Emulator,
    firewall: Firewall,
    identity: Identity | undefined,
  ) {
    this.name = name;
    this.#emulator = emulator;
    this.#firewall = firewall;
    this.#identity = identity;
  }

  static async start(name: RegionName, isByCredential: boolean): Promise<Region> {
    const emulator = await startEmulator(
      isByCredential ? { tls: true, acceptEntraTokens: true } : {},
    );
    const firewall = await startFirewall(
      emulator.endpoint,
      ({ body }) => kindOfPoison(body) !== undefined,
      (res, { body }) => refuse(res, kindOfPoison(body)),
    );
    const identity = isByCredential ? new Identity() : undefined;
    const region = new Region(name, emulator, firewall, identity);
    await new Promise<void>((resolve) => void region.#listen(resolve));
    return region;
  }

  /** Where its firewall is, which is all that app servers reach of it. */
  get url(): string {
    return this.#firewall.url;
  }

  /** What an app server is told of it. */
  get access(): Pick<EndpointOptions, "connectionString" | "endpoint" | "credential"> {
    const { endpoint, connectionString } = this.#emulator;
    return this.#identity ? { endpoint, credential: this.#identity } : { connectionString };
  }

  get outages(): readonly Outage[] {
    return this.#outages;
  }

  hasHeard(message: string): boolean {
    return this.#heard.has(message);
  }

  /** Breaks the region for a while. */
  async outage({ number, kind, silence }: Order, during: () => Promise<unknown>): Promise<void> {
    const never = Number.POSITIVE_INFINITY;
    const outage: Outage = {
      cycle: number,
      kind,
      from: performance.now(),
      since: never,
      healedFrom: never,
      to: never,
      lingersInMs: LINGERS_IN_MS[kind],
    };
    this.#outages.push(outage);
    outage.since = await this.#break(kind, silence);
    await during();
    outage.healedFrom = performance.now();
    await this.#heal(kind);
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
    await this.#firewall.close();
    await this.#emulator.close();
  }

  /** @returns when the outage is complete, which may be still to come */
  async #break(kind: Kind, silence: Silence): Promise<number> {
    if (kind === "identity") {
      this.#identity?.fallSilent(silence);
      return Math.max(performance.now(), this.#identity?.lastTokenEndsAt ?? 0);
    }
    const isCrash = kind === "crash";
    await Promise.all([this.#emulator.inject({ kind }), isCrash && this.#firewall.stop()]);
    return performance.now();
  }

  async #heal(kind: Kind): Promise<void> {
    this.#identity?.fallSilent(undefined);
    await this.#identity?.letGo();
    await this.#emulator.clear();
    if (kind === "crash") await this.#firewall.start();
  }

  async #listen(onOpen?: () => void): Promise<void> {
    const client = new WebPubSubServiceClient(this.#emulator.connectionString, HUB, {
      allowInsecureConnection: true,
    });
    const { url } = await client.getClientAccessToken();
    if (this.#isClosed) return;
    const socket = new WebSocket(url, { rejectUnauthorized: false });
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
