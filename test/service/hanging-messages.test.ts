import { EventEmitter } from "node:events";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import type { Dispatcher } from "undici";
import { callWithin } from "../../src/service/call-within.ts";
import { poolClient } from "../../src/service/pool-client.ts";
import { type HttpLibrary, SocketPool } from "../../src/service/socket-pool.ts";

const CANARY_INTERVAL_IN_MS = 250;
const DEADLINE_IN_MS = 1500;
const ORIGIN = "http://service.example";

class FakeSocket extends EventEmitter {
  destroyed = false;
  writableLength = 0;
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit("close");
  }
}

type Hangs = (path: string, body: string) => boolean;

/** Connections and answers that take their time on the clock of the test. */
function scriptedLibrary(hangs: Hangs, answerInMs: number): HttpLibrary {
  class FakeClient extends EventEmitter {
    #socket: FakeSocket | undefined;
    constructor(
      _: string,
      { connect }: { connect: (_: unknown, done: (e: unknown, s: FakeSocket) => void) => void },
    ) {
      super();
      connect(undefined, (_error, socket) => {
        this.#socket = socket;
      });
    }
    dispatch({ path, body }: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
      const controller = {
        abort: (error: Error) => {
          this.#socket?.destroy();
          handler.onResponseError?.(controller, error);
        },
      } as unknown as Dispatcher.DispatchController;
      handler.onRequestStart?.(controller, undefined);
      if (hangs(path, String(body))) return;
      setTimeout(() => {
        handler.onResponseStart?.(controller, 202, {}, "Accepted");
        handler.onResponseEnd?.(controller, {});
        this.emit("drain");
      }, answerInMs);
    }
  }
  const buildConnector = () => (_: unknown, done: (error: null, socket: FakeSocket) => void) => {
    const socket = new FakeSocket();
    setTimeout(() => done(null, socket), 1);
    return socket;
  };
  return { Client: FakeClient, buildConnector } as unknown as HttpLibrary;
}

/** An endpoint of which a canary is answered at once, but not more often than canaries are sent. */
function startPool(hangs: Hangs, { answerInMs = 2, deadlineInMs = DEADLINE_IN_MS } = {}) {
  let canaryAt = Number.NEGATIVE_INFINITY;
  const pool: SocketPool = new SocketPool(scriptedLibrary(hangs, answerInMs), {
    name: "a",
    origin: ORIGIN,
    maxSockets: 64,
    onUnproven: () => {
      const now = performance.now();
      if (now - canaryAt < CANARY_INTERVAL_IN_MS) return;
      canaryAt = now;
      if (hangs("canary", "canary")) return;
      pool.learn({ sentAt: now, answeredAt: now, hasSucceeded: true, isMessage: true });
    },
  });
  const client = poolClient(Promise.resolve(pool));
  const send = async (path: string, body: string) => {
    const sentAt = performance.now();
    await callWithin(deadlineInMs, undefined, (abortSignal) =>
      client.sendRequest(
        createPipelineRequest({
          url: `${ORIGIN}${path}`,
          method: "POST",
          body,
          abortSignal: abortSignal as AbortSignal,
          allowInsecureConnection: true,
        }),
      ),
    );
    return performance.now() - sentAt;
  };
  return { pool, send };
}

const BROADCAST = "/api/hubs/chat/:send";
type Message = readonly [path: string, body: string];
const isBad: Hangs = (path, body) => path.includes("bad") || body.includes("poison");
const sorted = (durations: number[]) => durations.sort((one, other) => one - other);

/** How long good messages take from the second second on, 50 of them a second, while others hang. */
async function sendBetween(perSecond: number, poison: (count: number) => Message) {
  const world = startPool(isBad);
  await Promise.all([world.send(BROADCAST, "first"), jest.advanceTimersByTimeAsync(10)]);
  const durations: number[] = [];
  const errors: unknown[] = [];
  let poisoned = 0;
  for (let atInMs = 0; atInMs < 3000; atInMs += 20) {
    for (; poisoned < (atInMs / 1000) * perSecond; poisoned += 1) {
      world.send(...poison(poisoned)).catch(() => {});
    }
    const sending = world.send(BROADCAST, `good ${atInMs}`);
    sending.then(
      (duration) => atInMs >= 1000 && durations.push(duration),
      (error) => errors.push(error),
    );
    await jest.advanceTimersByTimeAsync(20);
  }
  await jest.advanceTimersByTimeAsync(2 * DEADLINE_IN_MS);
  world.pool.close();
  return { longest: sorted(durations).at(-1), errors };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe("messages that hang delay no other after the first second", () => {
  const theSame = (): Message => [BROADCAST, "poison"];
  const toOneUser = (count: number): Message => ["/api/hubs/chat/users/bad/:send", `${count}`];
  it.each([
    ["that say the same, 200 a second", 200, theSame],
    ["that say the same, 800 a second", 800, theSame],
    ["that go to one user, 200 a second", 200, toOneUser],
    ["that go to one user, 800 a second", 800, toOneUser],
  ])("%s", async (_, perSecond, poison) => {
    const { longest, errors } = await sendBetween(perSecond, poison);
    expect(errors).toEqual([]);
    expect(longest).toBeLessThan(10);
  });
});

it("messages that hang and have nothing in common delay others by their patience at most, up to 400 a second", async () => {
  const { longest, errors } = await sendBetween(400, (count) => [BROADCAST, `poison ${count}`]);
  expect(errors).toEqual([]);
  expect(longest).toBeLessThan(200);
});

/** Sends the same message 200 times a second, with a long deadline, and says when it was accepted. */
async function repeatWhile(hangs: (atInMs: number) => boolean, forInMs: number) {
  const begin = performance.now();
  const deadlineInMs = 30_000;
  const world = startPool(() => hangs(performance.now() - begin), { deadlineInMs });
  const acceptedAt: number[] = [];
  for (let atInMs = 0; atInMs < forInMs; atInMs += 20) {
    for (let count = 0; count < 4; count += 1) {
      world.send(BROADCAST, "tick").then(
        () => acceptedAt.push(performance.now() - begin),
        () => {},
      );
    }
    await jest.advanceTimersByTimeAsync(20);
  }
  world.pool.close();
  return acceptedAt;
}

it.each([
  ["for longer than suspicions last", 12_000],
  ["for a moment", 400],
])(
  "an endpoint that answered nobody %s is used in full again as soon as it answers",
  async (_, untilInMs) => {
    const acceptedAt = await repeatWhile((atInMs) => atInMs < untilInMs, untilInMs + 1500);
    const late = acceptedAt.filter((atInMs) => atInMs > untilInMs + 1000);
    expect(late.length).toBeGreaterThanOrEqual(96);
  },
);

it("a thousand messages of one kind at a service that is slow are all accepted", async () => {
  const world = startPool(() => false, { answerInMs: 60 });
  const sending = Array.from({ length: 1000 }, () => world.send(BROADCAST, "tick"));
  const settled = Promise.allSettled(sending);
  await jest.advanceTimersByTimeAsync(1400);
  world.pool.close();
  const failed = (await settled).filter(({ status }) => status === "rejected");
  expect(failed).toEqual([]);
});
