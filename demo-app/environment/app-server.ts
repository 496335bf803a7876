import { setTimeout as delay } from "node:timers/promises";
import express, { type Express } from "express";
import {
  type Agreement,
  type EndpointSnapshot,
  type Logger,
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import { RequestError } from "../contract/environment.ts";
import type { LinkView, ServerView } from "../contract/live.ts";
import { isPortTaken, type Listening, listenOn } from "../http/listen.ts";
import { type ChatListener, chatUpstream } from "./chat-upstream.ts";
import { negotiatePreview } from "./negotiate-preview.ts";
import type { RegionEndpoints } from "./plugin-options.ts";

/** Hears everything that happens at an app server. */
export interface AppServerListener extends ChatListener {
  /** A plugin begins to work, and emits events from now on. */
  pluginStarted(region: string, pubsub: ResilientPubSub): void;
  /** Where its plugin is to write its log. */
  loggerOf(region: string): Logger;
}

/** Makes the options of a plugin, and gives it the orders of the operator that still hold. */
export interface PluginSettings {
  readonly options: ResilientPubSubOptions;
  prepare(pubsub: ResilientPubSub): void;
}

// A dead region is given up within four seconds; nobody waits for longer than that.
const READY_DEADLINE_IN_MS = 5000;

/** The app server of one region, which can be stopped and comes back on the same port. */
export class AppServer {
  readonly regionEndpoints: RegionEndpoints;
  readonly port: number;
  readonly url: string;
  readonly #listener: AppServerListener;
  readonly #app: Express;
  #listening: Listening | undefined;
  #pubsub: ResilientPubSub | undefined;

  /** @param listening Where it will answer; it is the app server's from now on. */
  constructor(regionEndpoints: RegionEndpoints, listening: Listening, listener: AppServerListener) {
    this.regionEndpoints = regionEndpoints;
    this.port = listening.port;
    this.url = listening.url;
    this.#listener = listener;
    this.#listening = listening;
    this.#app = express().disable("x-powered-by");
    this.#app.use((req, res, next) => (this.#pubsub ? this.#pubsub(req, res, next) : next()));
    listening.server.on("request", this.#app);
  }

  get region(): string {
    return this.regionEndpoints.region;
  }

  /** Undefined while it is stopped. */
  get pubsub(): ResilientPubSub | undefined {
    return this.#listening && this.#pubsub;
  }

  get isRunning(): boolean {
    return this.pubsub !== undefined;
  }

  /** Client-client: what it knows of the agreement. */
  get agreement(): Agreement | undefined {
    try {
      return this.pubsub?.coordination.status().agreement;
    } catch {
      return undefined;
    }
  }

  get snapshots(): readonly EndpointSnapshot[] {
    return this.pubsub?.endpoints.snapshot() ?? [];
  }

  get view(): ServerView {
    const { isRunning, region, snapshots, url } = this;
    const links = isRunning
      ? snapshots.map(linkOf)
      : this.regionEndpoints.endpoints.map(unknownLink);
    return { region, url, isRunning, answers: negotiatePreview(snapshots, this.agreement), links };
  }

  /** @throws RequestError when somebody else has taken its port */
  async start(settings: PluginSettings): Promise<void> {
    try {
      this.#listening ??= await listenOn(this.port);
    } catch (error) {
      if (!isPortTaken(error)) throw error;
      throw new RequestError(
        409,
        `Another program has taken port ${this.port} of the app server in ${this.region} meanwhile; end that program and try again.`,
      );
    }
    this.#listening.server.removeAllListeners("request").on("request", this.#app);
    await this.renew(settings);
  }

  /** Another plugin takes over when it knows the endpoints; nobody is refused meanwhile. */
  async renew({ options, prepare }: PluginSettings): Promise<void> {
    const upstream = chatUpstream(this.region, () => this.pubsub, this.#listener);
    const logger = this.#listener.loggerOf(this.region);
    const next = resilientPubSub({ logger, ...options, upstream });
    prepare(next);
    this.#listener.pluginStarted(this.region, next);
    await readyOrDeadline(next);
    const previous = this.#pubsub;
    this.#pubsub = next;
    await previous?.close();
  }

  /** As if its process had ended. Idempotent. */
  async stop(): Promise<void> {
    const [listening, pubsub] = [this.#listening, this.#pubsub];
    this.#listening = undefined;
    this.#pubsub = undefined;
    await listening?.close();
    await pubsub?.close();
  }

  close(): Promise<void> {
    return this.stop();
  }
}

/** It works without, and goes on trying; there is just nothing to be seen of it yet. */
async function readyOrDeadline(pubsub: ResilientPubSub): Promise<void> {
  const ready = pubsub.ready().catch(() => {});
  await Promise.race([ready, delay(READY_DEADLINE_IN_MS, undefined, { ref: false })]);
}

function linkOf({ name, role, state, reason }: EndpointSnapshot): LinkView {
  return { endpoint: name, role, health: state, reason: reason ?? null };
}

function unknownLink({ name, role }: RegionEndpoints["endpoints"][number]): LinkView {
  return { endpoint: name, role, health: "unknown", reason: null };
}
