import { startEmulator } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { entraCredential } from "../support/entra-credential.ts";
import { startRegions } from "../support/regions.ts";
import { trust } from "../support/trust.ts";

/** One client may come now, and the next in 100 s. */
const oneClient = { allowAnonymous: true, maxPerSecond: 0.01 };

async function startLimited() {
  const world = await startRegions({ negotiate: oneClient });
  await world.pubsub.ready();
  const overloads: string[] = [];
  world.pubsub.events.on("overloaded", ({ endpoint }) => void overloads.push(endpoint));
  const outcome = async (query = "") => {
    const { status, body } = await world.negotiate(query);
    return status === 200 ? body.endpoint : body.code;
  };
  return { ...world, overloads, outcome };
}

describe("when more clients come than maxPerSecond lets through, negotiate", () => {
  it("tells the rest when to come back, one after the other, and sends none to the next endpoint", async () => {
    const { negotiate, overloads, outcome } = await startLimited();
    expect(await outcome()).toBe("eastus");
    const { status, headers, body } = await negotiate("");
    expect(status).toBe(503);
    expect(headers.get("content-type")).toMatch("application/problem+json");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("retry-after")).toBe("100");
    expect(body).toEqual({
      type: "about:blank",
      title: "Service Unavailable",
      status: 503,
      code: "ERR_OVERLOADED",
      detail: "Too many clients connect at the moment; try again later.",
      retryAfterInMs: 100_000,
    });
    expect(overloads[0]).toBe("eastus");
  });

  it("tells a user who asks again the same time, and pushes nobody back", async () => {
    const { pubsub, negotiate } = await startRegions({
      negotiate: {
        authenticate: ({ query }) => ({ userId: String(query.user) }),
        maxPerSecond: 0.1,
      },
    });
    await pubsub.ready();
    const retryAfterOf = async (user: string) =>
      Number((await negotiate(`?user=${user}`)).headers.get("retry-after"));
    expect((await negotiate("?user=first")).status).toBe(200);
    expect(await retryAfterOf("mallory")).toBe(10);
    for (let count = 0; count < 20; count += 1) {
      expect(await retryAfterOf("mallory")).toBeLessThanOrEqual(10);
    }
    expect(await retryAfterOf("ada")).toBeLessThanOrEqual(20);
    expect(await retryAfterOf("bob")).toBeLessThanOrEqual(30);
    expect(await retryAfterOf("bob")).toBeGreaterThan(20);
  });

  it.each<[string, string | false, boolean]>([
    ["that a trusted proxy tells", "loopback", true],
    ["of a proxy that is not trusted", false, false],
  ])("tells anonymous clients apart by the address %s: %p", async (_, trustProxy, areApart) => {
    const { pubsub, negotiate } = await startRegions({
      negotiate: { allowAnonymous: true, maxPerSecond: 0.1 },
      prepare: (app) => void app.set("trust proxy", trustProxy),
    });
    await pubsub.ready();
    const retryAfterOf = async (address: string) => {
      const { headers } = await negotiate("", { headers: { "X-Forwarded-For": address } });
      return Number(headers.get("retry-after"));
    };
    expect(await retryAfterOf("192.0.2.1")).toBe(0);
    expect(await retryAfterOf("192.0.2.2")).toBeLessThanOrEqual(10);
    expect(await retryAfterOf("192.0.2.2")).toBeLessThanOrEqual(10);
    expect((await retryAfterOf("192.0.2.3")) > 10).toBe(areApart);
  });

  it("counts each endpoint apart: after a failover the secondary has room of its own", async () => {
    const { pubsub, outcome } = await startLimited();
    expect([await outcome(), await outcome()]).toEqual(["eastus", "ERR_OVERLOADED"]);
    pubsub.endpoints.drain("eastus");
    expect([await outcome(), await outcome()]).toEqual(["westus", "ERR_OVERLOADED"]);
  });

  it("counts a client that says where it failed at the endpoint that it is sent to", async () => {
    const { outcome } = await startLimited();
    const failed = "?failed=eastus";
    expect([await outcome(failed), await outcome(failed)]).toEqual(["westus", "ERR_OVERLOADED"]);
    expect(await outcome()).toBe("eastus");
  });

  it("goes on with the next endpoint when one gives no token, as far as that has room", async () => {
    const { outcome, pubsub } = await startLimited();
    const central = closeAfterTest(await startEmulator({ tls: true, acceptEntraTokens: true }));
    trust(central.certificate);
    const up = new Promise((resolve) => pubsub.events.on("endpointUp", resolve));
    pubsub.endpoints.add({
      name: "central",
      role: "primary",
      endpoint: central.endpoint,
      credential: entraCredential(),
    });
    await up;
    pubsub.endpoints.forceFailover("central");
    await central.inject({ kind: "unhealthy", status: 500, requestTypes: ["RESTAPI"] });
    expect(await outcome()).toBe("eastus");
    pubsub.endpoints.drain("central");
    expect(await outcome()).toBe("ERR_OVERLOADED");
  });

  it("clients that authenticate refuses do not count against maxPerSecond", async () => {
    const { pubsub, negotiate } = await startRegions({
      negotiate: {
        authenticate: (req) => (req.query.user ? { userId: "ada" } : null),
        maxPerSecond: 0.01,
      },
    });
    await pubsub.ready();
    for (let stranger = 0; stranger < 3; stranger += 1) {
      expect((await negotiate("")).body.code).toBe("ERR_UNAUTHENTICATED");
    }
    expect((await negotiate("?user=ada")).status).toBe(200);
  });
});

it("by default negotiate has no rate limit", async () => {
  const { pubsub, negotiate } = await startRegions();
  await pubsub.ready();
  const answers = await Promise.all(Array.from({ length: 300 }, () => negotiate()));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
});
