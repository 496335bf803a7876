import { setTimeout as delay } from "node:timers/promises";
import express from "express";
import {
  type CoordinationStore,
  type EndpointOptions,
  type ResilientPubSub,
  type ResilientPubSubError,
  resilientPubSub,
} from "express-resilient-pubsub";
import { redisStore } from "express-resilient-pubsub/stores/redis";
import { type RunningServer, serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import type { Failover } from "./plan.ts";
import type { RedisPair } from "./redis-pair.ts";
import type { Region } from "./region.ts";

/** Times are monotonic milliseconds. */
export interface AgreedAnswer {
  readonly sentAt: number;
  readonly at: number;
  readonly endpoint: string | undefined;
  readonly epoch: number | undefined;
  /** Why there is no endpoint. */
  readonly problem: string | undefined;
}

/** When a server lost its store, and when it had it again; infinite while it has not. */
export interface StoreLoss {
  readonly from: number;
  to: number;
}

/** When it began, and when the name led to the new primary. */
export interface PlayedFailover {
  readonly kind: Failover["kind"];
  readonly from: number;
  to: number;
}

const HUB = "pair";
const NEGOTIATE_EVERY_IN_MS = 50;
const PATIENCE_IN_MS = 10_000;
const MOVE_WITHIN_MS = 30_000;

/** An app server of those that agree on one endpoint, and a record of what it answered. */
export class Member {
  readonly name: string;
  readonly pubsub: ResilientPubSub;
  readonly answers: AgreedAnswer[] = [];
  readonly losses: StoreLoss[] = [];
  #server: RunningServer | undefined;
  readonly #underway = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(name: string, endpoints: EndpointOptions[], store: CoordinationStore) {
    this.name = name;
    this.pubsub = resilientPubSub({
      logger: false,
      hub: HUB,
      endpoints,
      topology: "client-client",
      coordination: { store, pollIntervalInMs: 500, leaseInMs: 5000 },
      negotiate: { allowAnonymous: true },
      health: { schedule: "* * * * * *" },
    });
    const { events } = this.pubsub;
    events.on("coordinationLost", () => {
      this.losses.push({ from: performance.now(), to: Number.POSITIVE_INFINITY });
    });
    events.on("coordinationRestored", () => {
      const loss = this.losses.at(-1);
      if (loss) loss.to = performance.now();
    });
  }

  static async start(name: string, endpoints: EndpointOptions[], store: CoordinationStore) {
    const member = new Member(name, endpoints, store);
    member.#server = await serve(express().use(member.pubsub));
    await member.pubsub.ready();
    return member;
  }

  receive(): void {
    this.#timer = setInterval(() => {
      const tracked = this.#negotiate().finally(() => this.#underway.delete(tracked));
      this.#underway.add(tracked);
    }, NEGOTIATE_EVERY_IN_MS);
  }

  async quieten(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underway);
  }

  async close(): Promise<void> {
    await this.quieten();
    await this.pubsub.close();
    await this.#server?.close();
  }

  async #negotiate(): Promise<void> {
    const sentAt = performance.now();
    const answered = await fetch(`${this.#server?.url}/negotiate`, {
      signal: AbortSignal.timeout(PATIENCE_IN_MS),
    })
      .then(async (response) => {
        const body = (await response.json()) as Partial<Record<"endpoint" | "code", string>> & {
          epoch?: number;
        };
        const problem = response.ok ? undefined : `${response.status} ${body.code}`;
        return { endpoint: body.endpoint, epoch: body.epoch, problem };
      })
      .catch((error) => ({ endpoint: undefined, epoch: undefined, problem: String(error) }));
    this.answers.push({ sentAt, at: performance.now(), ...answered });
  }
}

/** Two app servers that agree on one endpoint, over a redis that fails over. */
export class Pair {
  readonly members: readonly Member[];
  readonly failovers: PlayedFailover[] = [];
  /** Why an order to move after a failover was not carried out. */
  readonly refusals: string[] = [];
  readonly #redis: RedisPair;

  private constructor(members: readonly Member[], redis: RedisPair) {
    this.members = members;
    this.#redis = redis;
  }

  /**
   * @param regions Those that it may agree on, at least two.
   * @param redis Stays open.
   */
  static async start(regions: readonly Region[], redis: RedisPair): Promise<Pair> {
    const store = (): CoordinationStore => redisStore({ url: redis.url });
    const endpoints = (): EndpointOptions[] =>
      regions.map(({ name, url, access }, index) => ({
        name,
        role: index === 0 ? "primary" : "secondary",
        ...access,
        reverseProxyEndpoint: url,
      }));
    const members = await Promise.all(
      ["pair 1", "pair 2"].map((name) => Member.start(name, endpoints(), store())),
    );
    return new Pair(members, redis);
  }

  receive(): void {
    for (const member of this.members) member.receive();
  }

  async failOver(
    { kind }: Pick<Failover, "kind">,
    meanwhile: () => Promise<unknown>,
  ): Promise<void> {
    const failover: PlayedFailover = {
      kind,
      from: performance.now(),
      to: Number.POSITIVE_INFINITY,
    };
    this.failovers.push(failover);
    await this.#redis.failOver(kind, async () => {
      await meanwhile();
      failover.to = performance.now();
    });
  }

  /**
   * Moves everybody to another region, as soon as another one is healthy.
   *
   * @param restoreInMs After a failover the store may still be out of reach for so long.
   */
  async move(restoreInMs: number): Promise<void> {
    const [orderer] = this.members as [Member];
    const { pubsub } = orderer;
    const target = await until(() => {
      const active = pubsub.coordination.status().agreement?.active;
      const known = pubsub.endpoints.snapshot();
      return known.find(({ name, state }) => name !== active && state === "healthy")?.name;
    }, MOVE_WITHIN_MS).catch(() => undefined);
    if (target === undefined) {
      this.refusals.push(`no region to move to within ${MOVE_WITHIN_MS} ms`);
      return;
    }
    const giveUpAt = (this.failovers.at(-1)?.to ?? 0) + restoreInMs;
    for (;;) {
      try {
        await pubsub.coordination.switchTo(target);
        return;
      } catch (error) {
        const { code, message } = error as ResilientPubSubError;
        const isWorthIt = code === "ERR_STORE_UNAVAILABLE" && performance.now() < giveUpAt;
        if (!isWorthIt) {
          this.refusals.push(`no switchTo ${target}: ${code} ${message}`);
          return;
        }
      }
      await delay(100);
    }
  }

  async quieten(): Promise<void> {
    await Promise.all(this.members.map((member) => member.quieten()));
  }

  async close(): Promise<void> {
    for (const member of this.members) await member.close();
  }
}
