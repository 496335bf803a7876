import { memoryHistory, memoryStore, type PubSubEvents } from "express-resilient-pubsub";
import { type RunningRegions, startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";
import { eventRequest } from "../support/upstream-request.ts";

const aDuration = expect.any(Number);

/** All events of one name from now on. */
function hear<Name extends keyof PubSubEvents>(
  { pubsub }: Pick<RunningRegions, "pubsub">,
  name: Name,
): PubSubEvents[Name][] {
  const heard: PubSubEvents[Name][] = [];
  pubsub.events.on(name, (event) => void heard.push(event));
  return heard;
}

describe("negotiated tells what a negotiate came to:", () => {
  it("with a primary, with a secondary since the client has failed on that, and refused", async () => {
    const regions = await startRegions();
    await regions.pubsub.ready();
    const heard = hear(regions, "negotiated");
    await regions.negotiate();
    await regions.negotiate("?user=ada&failed=eastus&failed=nowhere");
    await regions.negotiate("?");
    expect(heard).toEqual([
      {
        endpoint: "eastus",
        role: "primary",
        outcome: "answered",
        code: undefined,
        claimedFailed: [],
        durationInMs: aDuration,
      },
      {
        endpoint: "westus",
        role: "secondary",
        outcome: "fallback",
        code: undefined,
        claimedFailed: ["eastus"],
        durationInMs: aDuration,
      },
      {
        endpoint: undefined,
        role: undefined,
        outcome: "refused",
        code: "ERR_UNAUTHENTICATED",
        claimedFailed: [],
        durationInMs: aDuration,
      },
    ]);
  });

  it("shed, with the endpoint that had no room", async () => {
    const regions = await startRegions({
      negotiate: { allowAnonymous: true, maxPerSecond: 1 },
    });
    await regions.pubsub.ready();
    const heard = hear(regions, "negotiated");
    await regions.negotiate();
    await regions.negotiate();
    expect(heard.map(({ endpoint, outcome, code }) => [endpoint, outcome, code])).toEqual([
      ["eastus", "answered", undefined],
      ["eastus", "shed", "ERR_OVERLOADED"],
    ]);
  });

  it("not as a fallback where the application's router has chosen a secondary", async () => {
    const regions = await startRegions({ router: (_, endpoints) => endpoints.at(-1) ?? null });
    await regions.pubsub.ready();
    const heard = hear(regions, "negotiated");
    await regions.negotiate();
    expect(heard).toMatchObject([{ endpoint: "westus", outcome: "answered" }]);
  });
});

it("operation tells the report of each operation, by the name that it was asked for by", async () => {
  const regions = await startRegions({ history: { store: memoryHistory(), groups: () => true } });
  await regions.pubsub.ready();
  const heard = hear(regions, "operation");
  await regions.pubsub.broadcast({ text: "hi" });
  await regions.pubsub.group("news").sendToAll("hi", { contentType: "text/plain" });
  await regions.pubsub.connectionExists("nobody");
  await regions.pubsub.closeConnection("nobody");
  const told = heard.map(({ operation, report, durationInMs }) => ({
    operation,
    durationInMs,
    history: report.history,
    outcomes: report.outcomes.map(({ endpoint, outcome }) => `${endpoint} ${outcome}`),
  }));
  const delivered = {
    durationInMs: aDuration,
    outcomes: ["eastus delivered", "westus delivered"],
  };
  expect(told).toEqual([
    { ...delivered, operation: "broadcast", history: "logged" },
    { ...delivered, operation: "group.sendToAll", history: "logged" },
    { ...delivered, operation: "connectionExists", history: undefined },
    { ...delivered, operation: "closeConnection", history: undefined },
  ]);
});

it("operation tells of endpoints that failed, also when the operation rejects", async () => {
  const regions = await startRegions();
  await regions.pubsub.ready();
  const heard = hear(regions, "operation");
  for (const emulator of [regions.eastus, regions.westus]) {
    await emulator.inject({ kind: "accessDenied" });
  }
  await expect(regions.pubsub.broadcast("hi")).rejects.toMatchObject({
    code: "ERR_FAN_OUT_FAILED",
  });
  expect(heard).toMatchObject([
    {
      operation: "broadcast",
      report: { delivered: [], failed: [{ status: 403 }, { status: 403 }] },
    },
  ]);
});

it("probe tells of each health check and canary what it has found", async () => {
  const regions = await startRegions();
  const heard = hear(regions, "probe");
  await regions.pubsub.ready();
  const passed = { outcome: "passed", reason: undefined, durationInMs: aDuration };
  for (const endpoint of ["eastus", "westus"]) {
    expect(heard).toContainEqual({ endpoint, kind: "health", ...passed });
    expect(heard).toContainEqual({ endpoint, kind: "canary", ...passed });
  }
});

it("storeCall tells how long each call of the stores took, and whether it failed", async () => {
  const store = memoryStore();
  const failing = { ...store, open: () => Promise.reject(new Error("away")) };
  const regions = await startRegions({
    topology: "client-client",
    coordination: { store: failing },
    history: { store: memoryHistory() },
  });
  const heard = hear(regions, "storeCall");
  await regions.pubsub.ready().catch(() => {});
  await regions.pubsub.broadcast("hi");
  expect(heard).toContainEqual({
    store: "coordination",
    call: "open",
    ok: false,
    durationInMs: aDuration,
  });
  expect(heard).toContainEqual({
    store: "history",
    call: "append",
    ok: true,
    durationInMs: aDuration,
  });
});

describe("of the upstream route", () => {
  const post = (
    regions: RunningRegions,
    headers: Record<string, string | null> = {},
    type?: string,
  ) =>
    fetch(
      `${regions.url}/api/webpubsub/hubs/chat/`,
      eventRequest(regions.eastus, {
        headers,
        ...(type && { type, body: "{}", contentType: "application/json" }),
      }),
    );

  it("upstreamEvent tells each request, by its kind and not by the name of a user event", async () => {
    const regions = await startRegions({
      upstream: {
        handleUserEvent: (request, response) => {
          if (request.context.eventName === "boom") throw new Error("boom");
          response.success();
        },
      },
    });
    regions.pubsub.events.on("handlerError", () => {});
    const heard = hear(regions, "upstreamEvent");
    await post(regions);
    await post(regions, {}, "user.boom");
    await post(regions, { "ce-signature": "sha256=00" });
    await post(regions, { "ce-type": "constructor" });
    await fetch(`${regions.url}/api/webpubsub/hubs/chat/`, {
      method: "OPTIONS",
      headers: { "webhook-request-origin": "evil.example" },
    });
    expect(heard.map(({ kind, outcome, code }) => [kind, outcome, code])).toEqual([
      ["user", "answered", undefined],
      ["user", "failed", "ERR_HANDLER_FAILED"],
      ["user", "refused", "ERR_INVALID_SIGNATURE"],
      ["other", "refused", expect.stringMatching(/^ERR_/)],
      ["validation", "refused", "ERR_ORIGIN_NOT_ALLOWED"],
    ]);
  });

  it.each<[string, Record<string, string | null>, string]>([
    ["ERR_ORIGIN_NOT_ALLOWED", { "WebHook-Request-Origin": "other.example" }, "allowedOrigins"],
    ["ERR_UNKNOWN_HUB", { "ce-hub": "news" }, "URL template"],
    ["ERR_INVALID_SIGNATURE", { "ce-signature": "sha256=00" }, "access key"],
    ["ERR_MISSING_HEADER", { "ce-type": null }, "proxy"],
  ])(
    "upstreamRefused tells %s, who says to have sent it, and what to do",
    async (code, headers, remedy) => {
      const regions = await startRegions({
        upstream: { handleUserEvent: (_, res) => res.success() },
      });
      const heard = hear(regions, "upstreamRefused");
      await post(regions, headers);
      const origin = headers["WebHook-Request-Origin"] ?? new URL(regions.eastus.endpoint).host;
      expect(heard).toEqual([{ code, origin, remedy: expect.stringContaining(remedy), count: 1 }]);
    },
  );
});

it("caughtUp tells what a client was given, and reviewed that it stays", async () => {
  const regions = await startRegions({ history: { store: memoryHistory() } });
  await regions.pubsub.ready();
  const caughtUp = hear(regions, "caughtUp");
  const reviewed = hear(regions, "reviewed");
  const { body } = await regions.negotiate("?user=ada&history=1");
  await regions.pubsub.broadcast("one");
  await regions.pubsub.broadcast("two");
  const ask = (request: object) =>
    fetch(`${regions.url}/negotiate/history`, { method: "POST", body: JSON.stringify(request) });
  const at = { endpoint: "eastus" };
  await ask({ grant: body.grant, since: body.history.positions, at });
  await ask({ grant: "none", since: {} });
  expect(caughtUp).toEqual([
    {
      outcome: "answered",
      code: undefined,
      recovered: expect.any(Number),
      missed: 0,
      messages: 2,
      durationInMs: aDuration,
    },
    {
      outcome: "refused",
      code: "ERR_HISTORY_GRANT",
      recovered: 0,
      missed: 0,
      messages: 0,
      durationInMs: aDuration,
    },
  ]);
  await until(() => reviewed.length > 0);
  expect(reviewed).toEqual([{ endpoint: "eastus", outcome: "stay", reason: undefined }]);
});
