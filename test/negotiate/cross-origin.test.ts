import type { RequestHandler } from "express";
import { fetchAnswer, startRegions } from "../support/regions.ts";

const PAGE = "https://page.example";

/** What the package `cors` does: it allows a page, and answers every OPTIONS request itself. */
const cors: RequestHandler = (req, res, next) => {
  res.setHeader("Access-Control-Allow-Origin", PAGE);
  res.setHeader("Vary", "Origin");
  if (req.method !== "OPTIONS") return next();
  res.setHeader("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
  res.status(204).end();
};

/** The documented order: the plugin behind the CORS middleware of its negotiate path alone. */
async function start(overrides: Parameters<typeof startRegions>[0] = {}) {
  const world = await startRegions({
    prepare: (app) => app.use("/negotiate", cors),
    ...overrides,
  });
  await world.pubsub.ready();
  return world;
}

const headers = { Origin: PAGE };

it("a page of another origin may ask before it negotiates", async () => {
  const { url } = await start();
  const preflight = await fetchAnswer(`${url}/negotiate`, {
    method: "OPTIONS",
    headers: { ...headers, "Access-Control-Request-Method": "POST" },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe(PAGE);
});

it("the service's validation is not taken for such a question", async () => {
  const { url, eastus } = await start();
  const { host } = new URL(eastus.endpoint);
  const { status, headers: answered } = await fetchAnswer(`${url}/api/webpubsub/hubs/chat/`, {
    method: "OPTIONS",
    headers: { "WebHook-Request-Origin": host, "ce-awpsversion": "1.0" },
  });
  expect({ status, allowed: answered.get("webhook-allowed-origin") }).toEqual({
    status: 200,
    allowed: host,
  });
});

it.each(["GET", "POST"])("a page of another origin may read the answer to %s", async (method) => {
  const { negotiate } = await start();
  const { status, headers: answered } = await negotiate("?user=ada", { method, headers });
  expect(status).toBe(200);
  expect(answered.get("access-control-allow-origin")).toBe(PAGE);
});

it("a page of another origin may read nothing where the app has not let it in", async () => {
  const { negotiate } = await startRegions();
  for (const query of ["?user=ada", ""]) {
    const { headers: answered } = await negotiate(query, { headers });
    const names = [...answered.keys()].filter((name) => name.startsWith("access-control-"));
    expect(names).toEqual([]);
  }
});

describe("a page of another origin may read", () => {
  it("that it may not connect", async () => {
    const { negotiate } = await start();
    const { status, headers: answered, body } = await negotiate("", { headers });
    expect({ status, code: body.code }).toEqual({ status: 401, code: "ERR_UNAUTHENTICATED" });
    expect(answered.get("access-control-allow-origin")).toBe(PAGE);
    expect(answered.get("access-control-expose-headers")).toBeNull();
  });

  it("when to come back, if too many come", async () => {
    const { negotiate } = await start({
      negotiate: { allowAnonymous: true, maxPerSecond: 0.01 },
    });
    await negotiate("", { headers });
    const { status, headers: answered, body } = await negotiate("", { headers });
    expect({ status, retryAfterInMs: body.retryAfterInMs }).toEqual({
      status: 503,
      retryAfterInMs: 1000 * Number(answered.get("retry-after")),
    });
    expect(answered.get("access-control-allow-origin")).toBe(PAGE);
    expect(answered.get("access-control-expose-headers")).toBe("Retry-After");
  });

  it("over how long to spread its next negotiate, from a review", async () => {
    const { negotiate, url } = await start({
      negotiate: { allowAnonymous: true, expectedClients: 1000 },
    });
    const { body } = await negotiate("", { headers });
    const query = new URLSearchParams({ endpoint: body.endpoint, grant: body.grant });
    const { status, headers: answered } = await fetchAnswer(`${url}/negotiate/place?${query}`, {
      headers,
    });
    expect(status).toBe(204);
    expect(answered.get("access-control-allow-origin")).toBe(PAGE);
    expect(answered.get("access-control-expose-headers")).toBe("Reconnect-Spread-In-Ms");
    expect(answered.get("reconnect-spread-in-ms")).toMatch(/^\d+$/);
  });

  it("when to come back, if the server is closing", async () => {
    const { negotiate, pubsub } = await start();
    await pubsub.close();
    const { status, headers: answered, body } = await negotiate("?user=ada", { headers });
    expect(status).toBe(503);
    expect(body).toMatchObject({ code: "ERR_CLOSED", retryAfterInMs: expect.any(Number) });
    expect(answered.get("access-control-expose-headers")).toBe("Retry-After");
  });
});
