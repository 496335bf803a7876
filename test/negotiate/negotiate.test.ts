import { createHmac } from "node:crypto";
import { get } from "node:http";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import express, { type Express, type RequestHandler } from "express";
import type { Identity, NegotiateOptions } from "express-resilient-pubsub";
import { connectClient } from "../support/official-client.ts";
import { fetchAnswer, startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

function serviceClient({ connectionString }: { connectionString: string }) {
  return new WebPubSubServiceClient(connectionString, "chat", { allowInsecureConnection: true });
}

function claimsOf(url: string): Record<string, unknown> {
  const token = new URL(url).searchParams.get("access_token") ?? "";
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

describe("negotiate answers", () => {
  it.each(["GET", "POST"])("%s with a URL of the primary that clients can use", async (method) => {
    const { eastus, negotiate } = await startRegions();
    const { status, headers, body } = await negotiate("?user=ada", { method });
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-type")).toMatch(/^application\/json/);
    expect(Object.keys(body).sort().join()).toBe(
      "endpoint,expiresAt,grant,reconnect,reviewAfterInMs,role,url",
    );
    expect(body).toMatchObject({ endpoint: "eastus", role: "primary" });
    expect(body.url).toMatch(`${eastus.endpoint.replace("http", "ws")}/client/hubs/chat?`);

    const { connectionIds } = await connectClient(body.url);
    await until(() => connectionIds.length === 1);
    const service = serviceClient(eastus);
    expect(await service.connectionExists(connectionIds[0] ?? "")).toBe(true);
    expect(await service.userExists("ada")).toBe(true);
  });

  it("with the claims that the service SDK would sign, and a signature of the access key", async () => {
    const identity = { userId: "ada", roles: ["webpubsub.joinLeaveGroup"], groups: ["a", "b"] };
    const { eastus, negotiate } = await startRegions({
      negotiate: { authenticate: async () => identity, tokenLifetimeInMinutes: 5 },
    });
    const { body } = await negotiate();
    const reference = await serviceClient(eastus).getClientAccessToken({
      ...identity,
      expirationTimeInMinutes: 5,
    });
    const { iat, exp, ...claims } = claimsOf(body.url);
    const { iat: _iat, exp: _exp, ...expected } = claimsOf(reference.url);
    expect(claims).toEqual(expected);
    expect(Number(exp) - Number(iat)).toBe(300);
    expect(body.expiresAt).toBe(new Date(Number(exp) * 1000).toISOString());

    const token = new URL(body.url).searchParams.get("access_token") ?? "";
    const [header, payload, signature] = token.split(".");
    const key = /AccessKey=([^;]+)/.exec(eastus.connectionString)?.[1] ?? "";
    expect(signature).toBe(
      createHmac("sha256", key).update(`${header}.${payload}`).digest("base64url"),
    );
  });

  it("at a path of one's own, ignoring case and a trailing slash, and leaves others alone", async () => {
    const { app, url } = await startRegions({
      negotiate: { path: "/api/Connect", allowAnonymous: true },
    });
    app.use((_req, res) => void res.status(418).end());
    const statusOf = async (path: string, method = "GET") =>
      (await fetch(url + path, { method })).status;
    expect(await statusOf("/api/Connect")).toBe(200);
    expect(await statusOf("/API/connect/")).toBe(200);
    expect(await statusOf("/api/connect/more")).toBe(418);
    expect(await statusOf("/negotiate")).toBe(418);
    expect(await statusOf("/api/connect", "DELETE")).toBe(418);
    expect(await statusOf("/%E0%A4%A")).toBe(418);
  });
});

describe("who may connect is decided by authenticate:", () => {
  const refused = { status: 401, code: "ERR_UNAUTHENTICATED" };
  const failed = { status: 500, code: "ERR_AUTHENTICATE_FAILED" };
  const boom = () => {
    throw new Error("password of the database is hunter2");
  };
  it.each<[string, NegotiateOptions, object]>([
    ["null is 401", { authenticate: () => null }, refused],
    ["so is a promise of null", { authenticate: async () => null }, refused],
    [
      "an identity without a user is anonymous where that is allowed",
      { authenticate: () => ({ roles: [] }), allowAnonymous: true },
      { status: 200 },
    ],
    ["and 500 where it is not", { authenticate: () => ({ roles: [] }) }, failed],
    ["a number is a user", { authenticate: () => ({ userId: 42 }) }, { status: 200 }],
    ["without it, allowAnonymous lets everybody in", { allowAnonymous: true }, { status: 200 }],
    [
      "with both, null is anonymous",
      { authenticate: () => null, allowAnonymous: true },
      { status: 200 },
    ],
    ["one that throws is 500", { authenticate: boom }, failed],
    ["so is one that rejects", { authenticate: async () => boom() }, failed],
    [
      "and one that answers nothing, also with allowAnonymous",
      { authenticate: () => undefined as unknown as null, allowAnonymous: true },
      failed,
    ],
    [
      "and one whose roles are no list",
      { authenticate: () => ({ roles: "admin" }) as unknown as Identity },
      failed,
    ],
  ])("%s", async (_, negotiateOptions, expected) => {
    const { pubsub, negotiate } = await startRegions({ negotiate: negotiateOptions });
    const errors: unknown[] = [];
    pubsub.events.on("handlerError", (event) => void errors.push(event));
    const { status, headers, body } = await negotiate();
    expect({ status, code: body.code }).toEqual({ code: undefined, ...expected });
    if (status === 200) return;
    expect(headers.get("content-type")).toMatch("application/problem+json");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body.status).toBe(status);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|userId|roles/);
    const handler = "negotiate.authenticate";
    expect(errors).toEqual(status === 500 ? [{ handler, error: expect.any(Error) }] : []);
  });
});

describe("when no endpoint is healthy, negotiate", () => {
  it("refuses with a Retry-After between 1 and 5 s", async () => {
    const { eastus, westus, negotiate, pubsub } = await startRegions();
    await eastus.inject({ kind: "crash" });
    await westus.inject({ kind: "crash" });
    await until(() => pubsub.endpoints.snapshot().every(({ state }) => state === "unhealthy"));
    const { status, headers, body } = await negotiate();
    expect({ status, code: body.code }).toEqual({ status: 503, code: "ERR_NO_HEALTHY_ENDPOINT" });
    expect(headers.get("retry-after")).toMatch(/^[1-5]$/);
  });

  it("answers with the primary all the same when told to fail open", async () => {
    const { eastus, westus, negotiate, pubsub } = await startRegions({
      negotiate: { allowAnonymous: true, whenNoneHealthy: "primary" },
    });
    await eastus.inject({ kind: "crash" });
    await westus.inject({ kind: "crash" });
    await until(() => pubsub.endpoints.snapshot().every(({ state }) => state === "unhealthy"));
    expect((await negotiate()).body).toMatchObject({ endpoint: "eastus", role: "primary" });
  });
});

describe("a client that says where it failed", () => {
  it("gets another healthy endpoint, and the claim alone takes nothing down", async () => {
    const { negotiate, pubsub, log } = await startRegions();
    await pubsub.ready();
    expect((await negotiate("?user=ada&failed=eastus")).body.endpoint).toBe("westus");
    expect((await negotiate()).body.endpoint).toBe("eastus");
    expect(log).toEqual(["endpointUp eastus", "endpointUp westus"]);
  });

  it("an endpoint that a client reports as failed is checked at once", async () => {
    const { eastus, negotiate, log } = await startRegions({
      health: { schedule: false, onDemandMaxAgeInMs: 60_000 },
    });
    await negotiate();
    await until(() => log.length === 2);
    await eastus.inject({ kind: "crash" });
    await negotiate("?user=ada&failed=eastus");
    await until(() => log.includes("failover eastus -> westus (refused)"));
  });

  it.each([
    ["gets the only endpoint that is left", "?user=ada&failed=eastus&failed=westus", "eastus"],
    ["may name something that does not exist", "?user=ada&failed=nowhere", "eastus"],
    ["may send nonsense", "?user=ada&failed[x]=eastus&failed[]=", "eastus"],
  ])("%s", async (_, query, expected) => {
    const { negotiate } = await startRegions();
    expect((await negotiate(query)).body.endpoint).toBe(expected);
  });
});

it.each(["/%6eegotiate", "/n%65gotiate", "/negotiate%2f", "/./%6Eegotiate"])(
  "a guard in front of negotiate is not evaded by %s",
  async (path) => {
    const { url } = await startRegions({
      negotiate: { allowAnonymous: true },
      prepare: (app) => app.use("/negotiate", (_req, res) => void res.status(403).end()),
    });
    expect((await fetchAnswer(`${url}/negotiate`)).status).toBe(403);
    expect((await fetchAnswer(url + path)).status).not.toBe(200);
  },
);

describe.each<[string, string[], string]>([
  ["of another case in a case-sensitive app", ["case sensitive routing"], "/Negotiate"],
  ["with a slash at its end in a strict app", ["strict routing"], "/negotiate/"],
  ["with an empty segment", [], "//negotiate"],
])("negotiate is not at its path %s,", (_, settings, path) => {
  it.each<[string, (app: Express) => unknown]>([
    ["in the app", (app) => app.all("/negotiate", refuse)],
    ["in a router", (app) => app.use(express.Router().all("/negotiate", refuse))],
  ])("behind a guard %s", async (_name, guard) => {
    const { url } = await startRegions({
      negotiate: { allowAnonymous: true },
      prepare: (app) => {
        for (const setting of settings) app.enable(setting);
        guard(app);
      },
    });
    expect((await fetchAnswer(`${url}/negotiate`)).status).toBe(403);
    expect([403, 404]).toContain((await fetchAnswer(url + path)).status);
  });
});

const refuse: RequestHandler = (_req, res) => void res.status(403).end();

it("HEAD of negotiate is answered like GET, without the body", async () => {
  const { url } = await startRegions();
  const { status, headers } = await fetch(`${url}/negotiate?user=ada`, { method: "HEAD" });
  expect(status).toBe(200);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(Number(headers.get("content-length"))).toBeGreaterThan(100);
  const refused = await fetch(`${url}/negotiate`, { method: "HEAD" });
  expect(refused.status).toBe(401);
});

it("negotiate with a budget of 0 ms still finds a crash, without waiting for it", async () => {
  const { eastus, negotiate, pubsub } = await startRegions({
    health: { schedule: false, onDemandBudgetInMs: 0, onDemandMaxAgeInMs: 0 },
  });
  await pubsub.ready();
  await eastus.inject({ kind: "crash" });
  await until(async () => (await negotiate()).body.endpoint === "westus");
});

it("without a schedule, negotiates find a secondary that is back", async () => {
  const { eastus, westus, negotiate, pubsub } = await startRegions({
    health: { schedule: false, onDemandMaxAgeInMs: 50 },
  });
  await westus.inject({ kind: "crash" });
  await pubsub.ready();
  await westus.clear();
  await eastus.inject({ kind: "crash" });
  await until(async () => (await negotiate()).body.endpoint === "westus");
});

describe("a router of one's own", () => {
  it("chooses among the healthy endpoints, by the request", async () => {
    const { negotiate } = await startRegions({
      router: async (req, candidates) => candidates.find(({ name }) => name === req.query.region),
    });
    expect((await negotiate("?user=ada&region=westus")).body.endpoint).toBe("westus");
    expect((await negotiate("?user=ada")).body.endpoint).toBe("eastus");
  });

  it("a router is asked again when the endpoint it chose was drained meanwhile", async () => {
    const { negotiate, pubsub } = await startRegions({
      router: async (_req, [first]) => {
        await Promise.resolve();
        if (first?.name === "eastus") pubsub.endpoints.drain("eastus");
        return first;
      },
    });
    await pubsub.ready();
    expect((await negotiate()).body.endpoint).toBe("westus");
  });

  it("a router that never answers costs its deadline and no more", async () => {
    const { negotiate, pubsub } = await startRegions({
      router: () => new Promise(() => {}),
      health: { timeoutInMs: 100 },
    });
    const errors: unknown[] = [];
    pubsub.events.on("handlerError", ({ handler }) => void errors.push(handler));
    expect((await negotiate()).body.endpoint).toBe("eastus");
    expect(errors).toEqual(["router"]);
  });

  it.each<[string, () => string]>([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    ["names no candidate", () => "nowhere"],
  ])(
    "a router that %s costs no client its connection and becomes a handlerError",
    async (_, router) => {
      const { negotiate, pubsub } = await startRegions({ router });
      const errors: unknown[] = [];
      pubsub.events.on("handlerError", ({ handler }) => void errors.push(handler));
      expect((await negotiate()).body.endpoint).toBe("eastus");
      expect(errors).toEqual(["router"]);
    },
  );
});

it("the first negotiate waits for the first health check instead of guessing", async () => {
  const { eastus, negotiate, log } = await startRegions({ health: { schedule: false } });
  await eastus.inject({ kind: "crash" });
  expect((await negotiate()).body.endpoint).toBe("westus");
  expect(log).toContain("failover eastus -> westus (refused)");
});

it("a drained endpoint gets no client", async () => {
  const { negotiate, pubsub } = await startRegions();
  pubsub.endpoints.drain("eastus");
  expect((await negotiate()).body.endpoint).toBe("westus");
  pubsub.endpoints.undrain("eastus");
  expect((await negotiate()).body.endpoint).toBe("eastus");
});

it("negotiate works below a mount path", async () => {
  const { pubsub, url, app } = await startRegions();
  app.use("/realtime", express.Router().use(pubsub));
  expect((await fetch(`${url}/realtime/negotiate?user=ada`)).status).toBe(200);
});

it("negotiate answers a request whose target is a whole URL, as proxies write it", async () => {
  const { url } = await startRegions();
  const { host, hostname, port } = new URL(url);
  const status = await new Promise((resolve, reject) => {
    const path = `http://${host}/negotiate?user=ada`;
    get({ hostname, port, path }, ({ statusCode }) => resolve(statusCode)).on("error", reject);
  });
  expect(status).toBe(200);
});
