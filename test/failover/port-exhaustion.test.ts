import {
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { logEvents } from "../support/event-log.ts";
import { type Nat, startNat } from "../support/nat.ts";
import { accept, startRawService } from "../support/raw-service.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

/** One region that takes its time, behind a NAT with few ports. */
async function startBehindNat(ports: number, options: Partial<ResilientPubSubOptions> = {}) {
  const service = await startRawService((...answer) => {
    setTimeout(() => accept(...answer), 20);
  });
  const nat = closeAfterTest(await startNat(service.url, ports));
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        {
          name: "eastus",
          role: "primary",
          connectionString: service.connectionString,
          reverseProxyEndpoint: nat.url,
        },
      ],
      negotiate: { allowAnonymous: true },
      ...options,
    }),
  );
  await pubsub.ready();
  return { pubsub, nat, log: logEvents(pubsub.events) };
}

/** Sends to so many users at once, and counts the outcomes by the codes of their errors. */
async function burst(pubsub: Pick<ResilientPubSub, "sendToUser">, count: number) {
  const tally: Record<string, number> = {};
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const outcome = await pubsub.sendToUser(`u${index}`, "x").then(
        () => "delivered",
        (error: { cause?: { code?: string } }) => error.cause?.code ?? "unknown",
      );
      tally[outcome] = (tally[outcome] ?? 0) + 1;
    }),
  );
  return tally;
}

const health = { schedule: false as const };
const expectAllWell = (pubsub: Awaited<ReturnType<typeof startBehindNat>>["pubsub"]) =>
  expect(pubsub.endpoints.snapshot()).toMatchObject([{ state: "healthy" }]);

describe("a burst of sends through few ports", () => {
  it.each<[string, number, number, Partial<ResilientPubSubOptions>, (nat: Nat) => void]>([
    [
      "128, with the bound as it is",
      128,
      1000,
      {},
      ({ mostOpen }) => expect(mostOpen).toBeLessThan(80),
    ],
    [
      "8, with a bound that leaves some to others",
      8,
      200,
      { service: { maxSocketsPerEndpoint: 4 } },
      ({ mostOpen }) => expect(mostOpen).toBeLessThanOrEqual(8),
    ],
  ])(
    "is delivered, and nobody is ejected: %s",
    async (_, ports, count, options, check) => {
      const fanOut = { timeoutInMs: 60_000 };
      const { pubsub, nat, log } = await startBehindNat(ports, { fanOut, health, ...options });
      expect(await burst(pubsub, count)).toEqual({ delivered: count });
      check(nat);
      expect(nat.lost).toBe(0);
      expect(log).toEqual([]);
      expectAllWell(pubsub);
    },
    60_000,
  );

  it("that is more than its deadline allows fails with ERR_BUSY in part, and harms nobody", async () => {
    const fanOut = { timeoutInMs: 700 };
    const service = { maxSocketsPerEndpoint: 1 };
    const { pubsub, log } = await startBehindNat(128, { fanOut, health, service });
    const { delivered = 0, ...failed } = await burst(pubsub, 200);
    const lost = failed.ERR_DEADLINE_EXCEEDED ?? 0;
    expect(delivered + (failed.ERR_BUSY ?? 0) + lost).toBe(200);
    expect(failed.ERR_BUSY).toBeGreaterThan(0);
    // The one that was on its way.
    expect(lost).toBeLessThanOrEqual(1);
    expect(log).toEqual([]);
    expectAllWell(pubsub);
    await until(() => pubsub.sendToUser("ada", "x").then(Boolean, () => false));
  });
});

it("an endpoint that goes out of use fails what waits for it at once, and is usable when it is back", async () => {
  const answers: (() => void)[] = [];
  let isHung = false;
  let isRed = false;
  const { url } = closeAfterTest(
    await serve((req, res) => {
      const isHealth = req.url?.startsWith("/api/health");
      const answer = () => {
        const accepted = req.method === "HEAD" ? 200 : 202;
        res.writeHead(isHealth && isRed ? 503 : accepted, { "Content-Length": 0 }).end();
      };
      req.resume().on("end", () => void (isHung && !isHealth ? answers.push(answer) : answer()));
    }),
  );
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        {
          name: "eastus",
          role: "primary",
          connectionString: `Endpoint=${url};AccessKey=k`,
        },
      ],
      negotiate: { allowAnonymous: true },
      health: { schedule: "* * * * * *", fall: 1, rise: 1, transitionIntervalInMs: 20 },
      service: { maxSocketsPerEndpoint: 2 },
      fanOut: { timeoutInMs: 60_000 },
    }),
  );
  await pubsub.ready();
  isHung = true;
  const sends = Array.from({ length: 5 }, () =>
    pubsub.broadcast("x").then(
      () => "delivered",
      ({ cause }) => cause.code,
    ),
  );
  await until(() => answers.length >= 2);
  isRed = true;
  // Two hang, and go on hanging.
  expect(await Promise.all(sends.slice(2))).toEqual(["ERR_BUSY", "ERR_BUSY", "ERR_BUSY"]);
  isRed = false;
  isHung = false;
  await until(() => pubsub.endpoints.snapshot()[0]?.state === "healthy");
  await pubsub.broadcast("back");
  expect(await Promise.race(sends.slice(0, 2))).toBe("ERR_DEADLINE_EXCEEDED");
  for (const answer of answers) answer();
});
