import { setMaxListeners } from "node:events";
import express from "express";
import {
  type FanOutError,
  type FanOutReport,
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { logEvents } from "../support/event-log.ts";
import { type Refusal, startFirewall } from "../support/firewall.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

// A busy machine may take its time; nothing is measured here.
jest.setTimeout(30_000);

/*
 * Something on the way to both regions refuses what it does not like, and takes all else. That is
 * nobody's outage, whoever sends it and how often.
 */
const POISON = "poison";
const INTERVAL_IN_MS = 50;

const answering =
  (status: number, headers: Record<string, string> = {}): Refusal =>
  (res) =>
    void res.writeHead(status, headers).end("Blocked");

async function startWorld(
  refuse: Refusal,
  isPoison: Parameters<typeof startFirewall>[1] = ({ url, body }) =>
    url.includes(POISON) || body.includes(POISON),
  options: Partial<ResilientPubSubOptions> = {},
) {
  const start = async () => {
    const emulator = closeAfterTest(await startEmulator());
    const firewall = closeAfterTest(await startFirewall(emulator.endpoint, isPoison, refuse));
    return { emulator, firewall };
  };
  const [east, west] = await Promise.all([start(), start()]);
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        {
          name: "east",
          role: "primary",
          connectionString: east.emulator.connectionString,
          reverseProxyEndpoint: east.firewall.url,
        },
        {
          name: "west",
          role: "secondary",
          connectionString: west.emulator.connectionString,
          reverseProxyEndpoint: west.firewall.url,
        },
      ],
      negotiate: { allowAnonymous: true },
      fanOut: { timeoutInMs: 400 },
      health: { schedule: false, transitionIntervalInMs: INTERVAL_IN_MS, onDemandMaxAgeInMs: 0 },
      ...options,
    }),
  );
  const log = logEvents(pubsub.events);
  const undelivered: unknown[] = [];
  pubsub.events.on("deliveryFailed", (event) => void undelivered.push(event));
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  await pubsub.ready();
  log.length = 0;
  const negotiate = async () => (await fetchAnswer(`${url}/negotiate`)).body.endpoint;
  return { east, west, pubsub, log, undelivered, negotiate };
}

const reportOf = (sending: Promise<FanOutReport>): Promise<FanOutReport> =>
  sending.catch(({ report }: FanOutError) => report);

const reasonsOf = ({ failed }: FanOutReport) =>
  failed.map(({ endpoint, reason, status }) => ({ endpoint, reason, status }));

async function expectHealthy({ pubsub, log, negotiate }: Awaited<ReturnType<typeof startWorld>>) {
  const { delivered, failed } = await pubsub.broadcast("innocent");
  expect({ delivered, failed }).toEqual({ delivered: ["east", "west"], failed: [] });
  expect(await negotiate()).toBe("east");
  expect(log).toEqual([]);
}

describe("a message that is always refused takes no endpoint out and costs no client its connection, whether it gets", () => {
  it.each<[string, Refusal, number | undefined]>([
    ["a 403, as from a firewall", answering(403), 403],
    ["a 401, as when a proxy rewrites the path that was signed", answering(401), 401],
    ["a 500", answering(500), 500],
    ["a 503 that says when", answering(503, { "Retry-After": "0" }), 503],
    ["a redirect", answering(302, { Location: "/login" }), 302],
    ["a reset", (res) => void res.socket?.resetAndDestroy(), undefined],
    ["an end of the connection", (res) => void res.destroy(), undefined],
  ])("%s", async (_, refuse, status) => {
    const world = await startWorld(refuse);
    for (let i = 0; i < 4; i++) {
      const report = await reportOf(world.pubsub.broadcast(POISON));
      expect(reasonsOf(report)).toEqual([
        { endpoint: "east", reason: "refused-message", status },
        { endpoint: "west", reason: "refused-message", status },
      ]);
      expect(await world.negotiate()).toBe("east");
    }
    await expectHealthy(world);
  });

  it("no answer at all", async () => {
    const world = await startWorld(() => {});
    for (let i = 0; i < 4; i++) {
      const report = await reportOf(world.pubsub.broadcast(POISON));
      expect(report.failed).toHaveLength(2);
    }
    await expectHealthy(world);
  });
});

describe("what is always refused takes no endpoint out, be it", () => {
  it.each<[string, (pubsub: ResilientPubSub) => Promise<unknown>]>([
    ["a message to a group", (pubsub) => pubsub.group("news").sendToAll(POISON)],
    ["the name of a group", (pubsub) => pubsub.group(POISON).sendToAll("hi")],
    ["a user", (pubsub) => pubsub.sendToUser(POISON, "hi")],
    ["a filter", (pubsub) => pubsub.broadcast("hi", { filter: `userId eq '${POISON}'` })],
    ["a connection", (pubsub) => pubsub.sendToConnection(POISON, "hi")],
    ["a reason", (pubsub) => pubsub.closeAllConnections({ reason: POISON })],
    ["a question", (pubsub) => pubsub.userExists(POISON)],
  ])("%s", async (_, call) => {
    const world = await startWorld(answering(403));
    for (let i = 0; i < 4; i++) {
      await expect(call(world.pubsub)).rejects.toMatchObject({ code: "ERR_FAN_OUT_FAILED" });
    }
    await expectHealthy(world);
  });
});

it("a flood of refused messages costs a canary an interval at most, and delays no other", async () => {
  const world = await startWorld(answering(403));
  const before = world.east.firewall.canaries;
  const startedAt = performance.now();
  const sending: Promise<FanOutReport>[] = [];
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j < 5; j++) sending.push(reportOf(world.pubsub.broadcast(POISON)));
    expect((await world.pubsub.broadcast("innocent")).delivered).toEqual(["east", "west"]);
  }
  await Promise.all(sending);
  const elapsedInMs = performance.now() - startedAt;
  const most = Math.ceil(elapsedInMs / INTERVAL_IN_MS) + 1;
  expect(world.east.firewall.canaries - before).toBeLessThanOrEqual(most);
  await expectHealthy(world);
});

describe("messages that are never answered delay no other: nobody waits until one has missed its deadline", () => {
  const hanging: Refusal = () => {};
  // Longer than a test may take.
  const fanOut = { timeoutInMs: 600_000 };

  async function sendingPoison() {
    const world = await startWorld(hanging, undefined, { fanOut });
    const ending = new AbortController();
    setMaxListeners(0, ending.signal);
    const sending: Promise<FanOutReport>[] = [];
    return {
      world,
      sendPoison: (count: number) => {
        for (let i = 0; i < count; i++) {
          const { signal } = ending;
          sending.push(reportOf(world.pubsub.broadcast(POISON, { abortSignal: signal })));
        }
      },
      /** Takes back those that still hang. */
      end: async () => {
        ending.abort();
        return Promise.all(sending);
      },
    };
  }

  it("five of them before each of the others, more than there are sockets", async () => {
    const { world, sendPoison, end } = await sendingPoison();
    for (let i = 0; i < 40; i++) {
      sendPoison(5);
      expect((await world.pubsub.broadcast("innocent")).delivered).toEqual(["east", "west"]);
    }
    await expectHealthy(world);
    await end();
  });

  it("four times as many as there are sockets at once, and nothing has succeeded since", async () => {
    const { world, sendPoison, end } = await sendingPoison();
    sendPoison(256);
    await expectHealthy(world);
    const reasons = (await end()).flatMap(reasonsOf).map(({ reason }) => reason);
    // Those that gave way were the messages' fault, as a canary has said.
    expect(new Set(reasons)).toEqual(new Set(["refused-message", "local"]));
  });
});

describe("with more messages than sockets, a region is taken out", () => {
  const options = {
    service: { maxSocketsPerEndpoint: 4 },
    fanOut: { timeoutInMs: 1000 },
    health: {
      schedule: false as const,
      transitionIntervalInMs: INTERVAL_IN_MS,
      onDemandMaxAgeInMs: 0,
      timeoutInMs: 400,
    },
  };
  const hanging: Refusal = () => {};

  /** Sends until both are out, and says what the messages failed with. */
  async function sendUntilOut({ pubsub, log }: Awaited<ReturnType<typeof startWorld>>) {
    const errors: string[] = [];
    await until(async () => {
      const sends = Array.from({ length: 20 }, () => reportOf(pubsub.broadcast("hi")));
      for (const { failed } of await Promise.all(sends)) {
        errors.push(...failed.map(({ error }) => String(error)));
      }
      return log.filter((line) => line.startsWith("endpointDown")).length === 2;
    });
    return errors;
  }

  it("that answers no send; none of them gives way to another", async () => {
    let isHung = false;
    const world = await startWorld(hanging, () => isHung, options);
    isHung = true;
    const errors = await sendUntilOut(world);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.filter((error) => error.includes("gave way"))).toEqual([]);
  });

  it("that leaves half of its sends unanswered", async () => {
    const isHanging = ({ count }: { count: number }) => "0010111001101001"[count % 16] === "1";
    const errors = await sendUntilOut(await startWorld(hanging, isHanging, options));
    expect(errors.length).toBeGreaterThan(0);
  });
});

it("every message that an endpoint in use did not accept is told, with the reason", async () => {
  const world = await startWorld(answering(403));
  await reportOf(world.pubsub.broadcast(POISON));
  await reportOf(world.pubsub.group("news").sendToAll(POISON));
  await reportOf(world.pubsub.sendToUser("ada", POISON));
  const refused = { reason: "refused-message", status: 403, code: undefined };
  expect(world.undelivered).toEqual(
    ["broadcast", "group.sendToAll", "sendToUser"].flatMap((operation) => [
      { endpoint: "east", operation, ...refused },
      { endpoint: "west", operation, ...refused },
    ]),
  );
});

it("a region that is throttled stays in use, and each message that it did not accept is told", async () => {
  const world = await startWorld(answering(403));
  await world.east.emulator.inject({ kind: "throttle" });
  for (let i = 0; i < 3; i++) {
    const report = await world.pubsub.broadcast("hi");
    expect(reasonsOf(report)).toEqual([{ endpoint: "east", reason: "endpoint", status: 429 }]);
  }
  expect(world.undelivered).toHaveLength(3);
  expect(world.log).toEqual([]);
});

it("a message that the caller takes back is not told as undelivered", async () => {
  const world = await startWorld(() => {});
  const abortSignal = AbortSignal.timeout(50);
  const { failed } = await reportOf(world.pubsub.broadcast(POISON, { abortSignal }));
  expect(failed.map(({ reason }) => reason)).toEqual(["local", "local"]);
  expect(world.undelivered).toEqual([]);
});

it("a region that fails half of its sends is told each time, and is out when a canary says so too", async () => {
  // Half of them, in no order that calls or canaries could fall in with.
  const isFailing = ({ count }: { count: number }) => "0010111001101001"[count % 16] === "1";
  const world = await startWorld(answering(500), isFailing);
  await until(async () => {
    await reportOf(world.pubsub.broadcast("hi"));
    return world.log.some((line) => line.startsWith("endpointDown"));
  });
  expect(world.undelivered.length).toBeGreaterThan(0);
});
