import express, { type RequestHandler } from "express";
import { type ResilientPubSubOptions, resilientPubSub } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { fails, faultyStore } from "../coordination/support/faulty-store.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { entraCredential } from "../support/entra-credential.ts";
import { fetchAnswer, type RunningRegions, startRegions } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { trust } from "../support/trust.ts";
import { until } from "../support/until.ts";

const RENEW = { status: 200, body: { move: false, renew: true } };
const STAY = { status: 204, body: "" };
const moved = (reason: string) => ({ status: 200, body: { move: true, reason } });

type Negotiate = ResilientPubSubOptions["negotiate"];

async function start(overrides: Parameters<typeof startRegions>[0] = {}) {
  const world = await startRegions({ negotiate: { allowAnonymous: true }, ...overrides });
  await world.pubsub.ready();
  const { body: negotiated } = await world.negotiate();
  return { ...world, negotiated, review: reviewer(world.url, negotiated) };
}

/** Asks for a review as a client would that has been told this. */
function reviewer(url: string, told: Record<string, unknown>, path = "/negotiate/place") {
  return async (difference: Record<string, unknown> = {}, init?: RequestInit) => {
    const { endpoint, grant } = told;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ endpoint, grant, ...difference })) {
      if (value !== undefined) query.set(name, String(value));
    }
    const { status, headers, body } = await fetchAnswer(`${url}${path}?${query}`, init);
    expect(headers.get("cache-control")).toBe("no-store");
    return { status, body };
  };
}

/** Without a negotiate, nobody looks before the health job does. */
const hasFailed = (world: RunningRegions, endpoint: string) =>
  until(async () => {
    await world.negotiate();
    return world.log.some((line) => line.startsWith(`endpointDown ${endpoint}`));
  });

describe("negotiate tells a client", () => {
  it("how often to ask for a review, and what with", async () => {
    const { negotiated } = await start();
    expect(negotiated).toMatchObject({ reviewAfterInMs: 20_000, grant: expect.any(String) });
    // It is the only one.
    expect(negotiated.reconnect).toEqual({ spreadInMs: 0 });
  });

  it("over how long to spread its next negotiate, of as many clients as are expected", async () => {
    const { negotiated, url } = await start({
      negotiate: { allowAnonymous: true, expectedClients: 5600, maxPerSecond: 8000 },
    });
    expect(negotiated.reconnect).toEqual({ spreadInMs: 1000 });
    const { headers } = await fetchAnswer(
      `${url}/negotiate/place?endpoint=eastus&grant=${negotiated.grant}`,
    );
    expect(headers.get("reconnect-spread-in-ms")).toBe("1000");
  });

  it("nothing of that where reviews are turned off, and has no such route", async () => {
    const { app, negotiated, url } = await start({
      negotiate: { allowAnonymous: true, reviewAfterInMs: false },
    });
    app.use((_req, res) => void res.status(418).end());
    expect(Object.keys(negotiated).sort()).toEqual(["endpoint", "expiresAt", "role", "url"]);
    expect((await fetch(`${url}/negotiate/place?endpoint=eastus`)).status).toBe(418);
  });
});

describe("a client stays", () => {
  it.each<[string, Record<string, unknown>]>([
    ["on a healthy endpoint", {}],
    ["on one that this server does not know", { endpoint: "northus" }],
    ["if it does not say where it is", { endpoint: undefined }],
    ["if it tells an epoch where nothing is agreed", { epoch: 7 }],
    ["if what it tells cannot be read", { epoch: "seven" }],
    ["if the name of its endpoint is very long", { endpoint: "e".repeat(8000) }],
  ])("%s", async (_, difference) => {
    const { review } = await start();
    expect(await review(difference)).toEqual(STAY);
  });

  it("on an endpoint that is drained", async () => {
    const { pubsub, review } = await start();
    pubsub.endpoints.drain("eastus");
    expect(await review()).toEqual(STAY);
  });

  it("on an unhealthy endpoint while no other is healthy", async () => {
    const world = await start();
    await world.eastus.inject({ kind: "crash" });
    await world.westus.inject({ kind: "crash" });
    await Promise.all([hasFailed(world, "eastus"), hasFailed(world, "westus")]);
    expect(await world.review()).toEqual(STAY);
  });
});

describe("a client is told to move", () => {
  it("from an endpoint whose sends fail, though its health checks are green", async () => {
    const world = await start();
    await world.eastus.inject({ kind: "gray" });
    await until(async () => {
      await world.pubsub.broadcast("hi").catch(() => {});
      return world.log.includes("endpointDown eastus (failing-calls)");
    });
    expect(await world.review()).toEqual(moved("out-of-use"));
    expect(await world.review({ endpoint: "westus" })).toEqual(STAY);
  });

  it("from an endpoint that refuses the credentials", async () => {
    const world = await start();
    await world.eastus.inject({ kind: "accessDenied", requestTypes: ["RESTAPI"] });
    await world.pubsub.broadcast("hi").catch(() => {});
    await until(() => world.log.includes("endpointDown eastus (credentials-rejected)"));
    expect(await world.review()).toEqual(moved("out-of-use"));
  });

  it("from an endpoint that was removed, also when it is gone", async () => {
    const { log, negotiate, pubsub, review } = await start();
    const { body: before } = await negotiate();
    pubsub.endpoints.remove("eastus", { fanOutForInMs: 200 });
    expect(await review()).toEqual(moved("evacuated"));
    await until(() => log.includes("endpointRemoved eastus"));
    expect(await review(before)).toEqual(RENEW);
    const { body: after } = await negotiate();
    expect(await review({ grant: after.grant })).toEqual(moved("evacuated"));
  });

  it("from an endpoint that is evacuated, at the pace of that, until it is stopped", async () => {
    const { pubsub, review } = await start();
    pubsub.endpoints.evacuate("eastus", { connectionsPerSecond: 0.001 });
    expect(await review()).toEqual(STAY);
    const evacuation = pubsub.endpoints.evacuate("eastus", { connectionsPerSecond: 1000 });
    await until(async () => (await review()).status === 200);
    expect(await review()).toEqual(moved("evacuated"));
    evacuation.stop();
    expect(await review()).toEqual(STAY);
  });
});

describe("where servers agree on one endpoint", () => {
  const agreeing = { topology: "client-client" } as const;

  it("a client stays on it, and is told to move when they agree on another", async () => {
    const { negotiated, pubsub, review } = await start(agreeing);
    const { epoch, incarnation } = negotiated;
    expect(await review({ epoch, incarnation })).toEqual(STAY);
    await pubsub.coordination.switchTo("westus");
    expect(await review({ epoch, incarnation })).toEqual(moved("agreement"));
    expect(await review({ endpoint: "westus", epoch })).toEqual(moved("agreement"));
    expect(await review({ endpoint: "westus", epoch: epoch + 1 })).toEqual(STAY);
  });

  it("a client stays wherever it is while the store is lost", async () => {
    const store = faultyStore();
    const coordination = { store, pollIntervalInMs: 50, leaseInMs: 200 };
    const { negotiated, pubsub, review } = await start({ ...agreeing, coordination });
    const isReachable = () => pubsub.coordination.status().store.isReachable;
    const { epoch } = negotiated;
    expect(await review({ endpoint: "westus", epoch })).toEqual(moved("agreement"));
    store.everyCall = fails;
    await until(() => !isReachable());
    expect(await review({ endpoint: "westus", epoch })).toEqual(STAY);
    store.everyCall = undefined;
    await until(isReachable);
    expect(await review({ endpoint: "westus", epoch })).toEqual(moved("agreement"));
  });

  it.each<[string, Record<string, unknown>, object]>([
    ["moves from any other", { endpoint: "westus" }, moved("agreement")],
    ["moves on another agreement of that number", { incarnation: "x" }, moved("agreement")],
    ["stays when it knows a newer agreement", { endpoint: "westus", epoch: 1e9 }, STAY],
  ])("a client %s", async (_, difference, expected) => {
    const { negotiated, review } = await start(agreeing);
    const { epoch, incarnation } = negotiated;
    expect(await review({ epoch, incarnation, ...difference })).toEqual(expected);
  });
});

describe("a grant", () => {
  it.each<[string, Record<string, unknown>]>([
    ["that is missing", { grant: undefined }],
    ["that is empty", { grant: "" }],
    ["that somebody has made up", { grant: "A".repeat(48) }],
    ["that is huge", { grant: "A".repeat(12_000) }],
  ])("%s is to be renewed, and the client stays meanwhile", async (_, difference) => {
    const { pubsub, review } = await start();
    pubsub.endpoints.remove("eastus");
    expect(await review(difference)).toEqual(RENEW);
  });

  it("of another hub is to be renewed", async () => {
    const { eastus, review } = await start();
    const news = await startServer([eastus], {}, "news");
    expect(await review({ grant: (await news.negotiate()).grant })).toEqual(RENEW);
  });

  it("that ends before the next review is to be renewed", async () => {
    const { review } = await start({
      negotiate: { allowAnonymous: true, tokenLifetimeInMinutes: 1, reviewAfterInMs: 60_000 },
    });
    expect(await review()).toEqual(RENEW);
  });

  it("opens the route without asking the application, which never hears of reviews", async () => {
    const authenticate = jest.fn(() => ({ userId: "ada" }));
    const { review } = await start({ negotiate: { authenticate } });
    authenticate.mockClear();
    expect(await review()).toEqual(STAY);
    expect(authenticate).not.toHaveBeenCalled();
  });
});

/** An app server of its own with these endpoints, the first of which is its primary. */
async function startServer(
  endpoints: readonly Emulator[],
  negotiateOptions: Partial<Negotiate> = {},
  hub = "chat",
) {
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub,
      endpoints: endpoints.map(({ connectionString }, index) => ({
        name: `region-${index}`,
        role: index === 0 ? ("primary" as const) : ("secondary" as const),
        connectionString,
      })),
      negotiate: { allowAnonymous: true, ...negotiateOptions },
    }),
  );
  await pubsub.ready();
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  const negotiate = async () => (await fetchAnswer(`${url}/negotiate`)).body;
  const review = reviewer(url, { endpoint: "region-0" });
  return { pubsub, url, negotiate, review };
}

describe("one app server verifies the grant of another", () => {
  const secrets = ["first", "second"].map((name) => name.padEnd(32, "-"));
  const [first, second] = secrets as [string, string];
  const secret = (...all: string[]): Partial<Negotiate> => ({ secret: all });

  it.each<[string, Partial<Negotiate>, Partial<Negotiate>, object]>([
    ["that has the same endpoints the other way round", {}, {}, STAY],
    ["that has the same secret", secret(first), { secret: first }, STAY],
    [
      "that has changed to a secret which this one knows",
      secret(second, first),
      secret(first, second),
      STAY,
    ],
    ["that has not changed its secret yet", secret(first), secret(second, first), STAY],
    ["that has another secret: not so", secret(first), secret(second), RENEW],
    ["that derives it from access keys: not so", {}, secret(first), RENEW],
  ])("%s", async (_, ofOne, ofOther, expected) => {
    const [east, west] = [
      closeAfterTest(await startEmulator()),
      closeAfterTest(await startEmulator()),
    ];
    const one = await startServer([east, west], ofOne);
    const other = await startServer([west, east], ofOther);
    expect(await other.review({ grant: (await one.negotiate()).grant })).toEqual(expected);
  });

  it("as soon as it has an endpoint of the other's, and as long as that is leaving", async () => {
    const [east, west] = [
      closeAfterTest(await startEmulator()),
      closeAfterTest(await startEmulator()),
    ];
    const one = await startServer([east]);
    const other = await startServer([west]);
    const { grant } = await one.negotiate();
    expect(await other.review({ grant })).toEqual(RENEW);
    const { connectionString } = east;
    other.pubsub.endpoints.add({ name: "east", role: "secondary", connectionString });
    expect(await other.review({ grant })).toEqual(STAY);
    other.pubsub.endpoints.remove("east");
    expect(await other.review({ grant })).toEqual(STAY);
    other.pubsub.endpoints.add({
      name: "south",
      role: "secondary",
      connectionString: await another(),
    });
    other.pubsub.endpoints.remove("south", { fanOutForInMs: 0 });
    expect(await other.review({ grant })).toEqual(STAY);
  });
});

const another = async () => closeAfterTest(await startEmulator()).connectionString;

it("with Entra credentials alone a server verifies its own grants, and warns once that no other can", async () => {
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  afterTest(() => warn.mockRestore());
  const east = closeAfterTest(await startEmulator({ tls: true, acceptEntraTokens: true }));
  trust(east.certificate);
  const startWith = async (negotiateOptions: Partial<Negotiate> = {}) => {
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [
          { name: "east", role: "primary", endpoint: east.endpoint, credential: entraCredential() },
        ],
        negotiate: { allowAnonymous: true, ...negotiateOptions },
        upstream: { verifySignature: false },
      }),
    );
    await pubsub.ready();
    const { url } = closeAfterTest(await serve(express().use(pubsub)));
    const { body } = await fetchAnswer(`${url}/negotiate`);
    await fetchAnswer(`${url}/negotiate`);
    return { grant: body.grant, review: reviewer(url, body) };
  };
  const [one, other] = [await startWith(), await startWith()];
  expect([await one.review(), await one.review({ grant: other.grant })]).toEqual([STAY, RENEW]);
  await startWith({ secret: "s".repeat(32) });
  const ofOneServer = [
    expect.stringContaining("give all servers the same negotiate.secret"),
    expect.objectContaining({ code: "ERR_GRANTS_NOT_SHARED" }),
  ];
  expect(warn.mock.calls).toEqual([ofOneServer, ofOneServer]);
});

describe("the route is", () => {
  it("below the negotiate path, wherever the plugin is mounted", async () => {
    const east = closeAfterTest(await startEmulator());
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [{ name: "eastus", role: "primary", connectionString: east.connectionString }],
        negotiate: { allowAnonymous: true, path: "/connect/" },
      }),
    );
    await pubsub.ready();
    const app = express();
    app.use("/api", pubsub);
    const { url } = closeAfterTest(await serve(app));
    const { body } = await fetchAnswer(`${url}/api/connect/`);
    expect(await reviewer(url, body, "/api/connect/place")()).toEqual(STAY);
    expect(await reviewer(url, body, "/API/connect/PLACE/")()).toEqual(STAY);
    expect((await fetch(`${url}/connect/place`)).status).toBe(404);
  });

  it.each([
    ["GET", "/negotiate/place", 200],
    ["HEAD", "/negotiate/place", 200],
    ["GET", "/negotiate/place/", 200],
    ["POST", "/negotiate/place", 418],
    ["PUT", "/negotiate/place", 418],
    ["OPTIONS", "/negotiate/place", 418],
    ["GET", "/negotiate/place/more", 418],
    ["GET", "/negotiate//place", 418],
    ["GET", "/negotiate%2Fplace", 418],
    ["GET", "/place", 418],
  ])("%s %s: %i", async (method, path, status) => {
    const { app, url } = await start();
    app.use((_req, res) => void res.status(418).end());
    expect((await fetch(url + path, { method })).status).toBe(status);
  });

  it.each<[string, (guard: RequestHandler) => Parameters<typeof startRegions>[0]]>([
    [
      "of the negotiate path and below",
      (guard) => ({ prepare: (app) => app.use("/negotiate", guard) }),
    ],
    ["of the route itself", (guard) => ({ prepare: (app) => app.all("/negotiate/place", guard) })],
  ])("guarded by a guard %s", async (_, guarded) => {
    let isClosed = false;
    const guard: RequestHandler = (_req, res, next) => {
      if (isClosed) res.set("Cache-Control", "no-store").status(403).end();
      else next();
    };
    const { review } = await start(guarded(guard));
    expect(await review()).toEqual(STAY);
    isClosed = true;
    expect((await review()).status).toBe(403);
  });

  it("answered where the app's query parser is turned off", async () => {
    const { review } = await start({ prepare: (app) => app.set("query parser", false) });
    expect(await review()).toEqual(STAY);
  });

  it("closed with the plugin, and says when to come back", async () => {
    const { pubsub, review } = await start();
    await pubsub.close();
    expect(await review()).toMatchObject({ status: 503, body: { code: "ERR_CLOSED" } });
  });
});

describe("reviews are a census:", () => {
  const often = { allowAnonymous: true, reviewAfterInMs: 200 };
  const countsOf = ({ pubsub }: Awaited<ReturnType<typeof start>>) =>
    pubsub.endpoints.snapshot().map(({ clients }) => clients);

  it("each client with a grant is counted once where it is, and strangers never", async () => {
    const world = await start({ negotiate: often });
    const { body: other } = await world.negotiate();
    const ask = async () => {
      await world.review();
      await world.review();
      await world.review({ grant: other.grant, endpoint: "westus" });
      await world.review({ grant: undefined });
      await world.review({ grant: "A".repeat(48) });
      await world.review({ endpoint: "northus" });
    };
    await until(async () => {
      await ask();
      return countsOf(world).every((count) => count === 1);
    });
    const { body } = await world.negotiate();
    expect(body.reconnect).toEqual({ spreadInMs: expect.any(Number) });
  });

  it("a flood of one client's reviews and of strangers counts no more", async () => {
    const world = await start({ negotiate: often });
    await until(() => world.pubsub.endpoints.snapshot()[0]?.clients === 0);
    const flood = Array.from({ length: 100 }, (_, index) =>
      world.review(index % 2 ? {} : { grant: String(index).padEnd(48, "A") }),
    );
    const answers = await Promise.all(flood);
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(50);
    await until(() => countsOf(world)[0] !== 0);
    expect(countsOf(world)).toEqual([1, 0]);
  });
});
