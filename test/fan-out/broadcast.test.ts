import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import type { BroadcastOptions, FanOutError } from "express-resilient-pubsub";
import { evidenceOf } from "../support/evidence.ts";
import { connectClient } from "../support/official-client.ts";
import { type RunningRegions, startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

/** A client in each region; `?failed=eastus` is how one gets to westus. */
async function withClients(overrides?: Parameters<typeof startRegions>[0]) {
  const world = await startRegions(overrides);
  await world.pubsub.ready();
  const east = await connectClient((await world.negotiate()).body.url);
  const west = await connectClient((await world.negotiate("?user=bob&failed=eastus")).body.url);
  return { ...world, east, west };
}

function tooDeep(levels: number): unknown {
  let nested: unknown = null;
  for (let level = 0; level < levels; level++) nested = [nested];
  return nested;
}

const stateOf = ({ pubsub }: RunningRegions, name: string) =>
  pubsub.endpoints.snapshot().find((endpoint) => endpoint.name === name)?.state;

async function rejectionOf(promise: Promise<unknown>): Promise<FanOutError> {
  return promise.then(
    () => Promise.reject(new Error("it resolved")),
    (error) => error,
  );
}

describe("a broadcast reaches the clients of every region", () => {
  it.each<[string, unknown, BroadcastOptions | undefined, unknown]>([
    ["as JSON", { text: "hi", list: [1, null] }, undefined, { text: "hi", list: [1, null] }],
    ["as a JSON string", "hi", undefined, "hi"],
    ["as text", "hi", { contentType: "text/plain" }, "hi"],
    ["as bytes", Buffer.from([0, 255]), undefined, [0, 255]],
    ["as a Blob", new Blob([new Uint8Array([0, 255])]), undefined, [0, 255]],
  ])("%s", async (_, message, options, expected) => {
    const { pubsub, east, west } = await withClients();
    const report = await pubsub.broadcast(message, options);
    expect(report).toEqual({ delivered: ["eastus", "westus"], failed: [], skipped: [] });
    await until(() => east.received.length > 0 && west.received.length > 0);
    const asList = (data: unknown) =>
      data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data;
    expect(east.received.map(asList)).toEqual([expected]);
    expect(west.received.map(asList)).toEqual([expected]);
  });

  it.each<[string, unknown]>([
    ["an object without a prototype", Object.assign(Object.create(null), { a: "1" })],
    ["a constructor of null", JSON.parse('{"constructor":null}')],
    ["a constructor that calls itself Blob", JSON.parse('{"constructor":{"name":"Blob"}}')],
  ])("as JSON even if it has %s", async (_, message) => {
    const { pubsub, east, west } = await withClients();
    await pubsub.broadcast(message);
    await until(() => east.received.length > 0 && west.received.length > 0);
    expect(east.received).toEqual([JSON.parse(JSON.stringify(message))]);
  });

  it("except the connections that are excluded", async () => {
    const { pubsub, east, west } = await withClients();
    await until(() => east.connectionIds[0]);
    await pubsub.broadcast("hi", { excludedConnections: east.connectionIds });
    await pubsub.broadcast("bye");
    await until(() => east.received.length > 0 && west.received.length > 1);
    expect(east.received).toEqual(["bye"]);
    expect(west.received).toEqual(["hi", "bye"]);
  });

  it("when it comes from a handler, through res.locals.pubsub", async () => {
    const { app, url, west } = await withClients();
    app.post("/notify", async (_req, res) => {
      res.json(await res.locals.pubsub.broadcast({ text: "hi" }));
    });
    const report = await (await fetch(`${url}/notify`, { method: "POST" })).json();
    expect(report).toEqual({ delivered: ["eastus", "westus"], failed: [], skipped: [] });
    await until(() => west.received.length > 0);
  });

  it("at start, when no endpoint has been checked yet", async () => {
    const { pubsub } = await startRegions();
    expect((await pubsub.broadcast("hi")).delivered.sort()).toEqual(["eastus", "westus"]);
  });
});

describe("what cannot be sent is a TypeError, and no endpoint hears of it:", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  it.each<[string, unknown, BroadcastOptions | undefined]>([
    ["undefined", undefined, undefined],
    ["a function", () => {}, undefined],
    ["a symbol", Symbol("x"), undefined],
    ["a bigint", 1n, undefined],
    ["a bigint inside", { n: 1n }, undefined],
    ["a circular structure", circular, undefined],
    ["NaN", Number.NaN, undefined],
    ["a stream", Readable.from(["x"]), undefined],
    ["what is nested too deep", tooDeep(100_000), undefined],
    ["an object as text", { text: "hi" }, { contentType: "text/plain" }],
    ["text as bytes", "hi", { contentType: "application/octet-stream" }],
  ])("%s", async (_, message, options) => {
    const { pubsub, east } = await withClients();
    const error = await rejectionOf(pubsub.broadcast(message, options));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe("ERR_INVALID_ARGUMENT");
    await pubsub.broadcast("after");
    await until(() => east.received.length > 0);
    expect(east.received).toEqual(["after"]);
  });
});

describe("an option that cannot be used is named before anything is sent:", () => {
  it.each<[string, object, string]>([
    ["a deadline of no time", { timeoutInMs: 0 }, "timeoutInMs: got 0; give a whole number"],
    [
      "one that never comes",
      { timeoutInMs: Number.POSITIVE_INFINITY },
      "timeoutInMs: got Infinity",
    ],
    ["one in words", { timeoutInMs: "5s" }, 'timeoutInMs: got "5s"'],
    ["a requirement that does not exist", { require: "every" }, 'require: got "every"; give "any"'],
  ])("%s", async (_, options, message) => {
    const { pubsub } = await startRegions();
    await expect(pubsub.broadcast("hi", options)).rejects.toThrow(message);
  });
});

describe("when a broadcast cannot reach every endpoint,", () => {
  it("one that is down is skipped, with the reason", async () => {
    const world = await withClients();
    await world.eastus.inject({ kind: "crash" });
    await until(() => stateOf(world, "eastus") === "unhealthy");
    expect(await world.pubsub.broadcast("hi")).toEqual({
      delivered: ["westus"],
      failed: [],
      skipped: [{ endpoint: "eastus", reason: "refused" }],
    });
    await until(() => world.west.received.length > 0);
  });

  it("one that fails is reported, and checked at once", async () => {
    const world = await withClients({ health: { schedule: false } });
    await world.eastus.inject({ kind: "unhealthy", status: 500 });
    const report = await world.pubsub.broadcast("hi");
    expect(report).toMatchObject({
      delivered: ["westus"],
      failed: [{ endpoint: "eastus", error: { statusCode: 500 } }],
    });
    await until(() => stateOf(world, "eastus") === "unhealthy");
  });

  it("one that fails is not checked when passive is off", async () => {
    const world = await withClients({
      health: { schedule: false, passive: false, onDemandMaxAgeInMs: 60_000 },
    });
    const [before] = evidenceOf(world.pubsub);
    await world.eastus.inject({ kind: "unhealthy", status: 500 });
    await world.pubsub.broadcast("hi");
    await world.pubsub.broadcast("hi");
    expect(evidenceOf(world.pubsub)[0]).toEqual(before);
  });

  it("require: all rejects with the report, whether the endpoint failed or was skipped", async () => {
    const world = await withClients();
    await world.eastus.inject({ kind: "crash" });
    const failed = await rejectionOf(world.pubsub.broadcast("hi", { require: "all" }));
    expect(failed).toMatchObject({
      name: "FanOutError",
      code: "ERR_FAN_OUT_FAILED",
      message: expect.stringMatching(
        /^broadcast reached only westus: eastus failed \((ECONN\w+|UND_ERR_SOCKET)\)$/,
      ),
      report: { delivered: ["westus"], failed: [{ endpoint: "eastus" }] },
      cause: { code: expect.stringMatching(/^ECONN|^UND_ERR_SOCKET$/) },
    });
    await until(() => stateOf(world, "eastus") === "unhealthy");
    const skipped = await rejectionOf(world.pubsub.broadcast("hi", { require: "all" }));
    expect(skipped.message).toBe("broadcast reached only westus: eastus was skipped (refused)");
  });

  it("one that comes back meanwhile is reported as it was when the others were asked", async () => {
    const world = await withClients({
      health: { schedule: false, onDemandMaxAgeInMs: 20, transitionIntervalInMs: 20 },
    });
    await world.eastus.inject({ kind: "crash" });
    await until(async () => {
      await world.negotiate();
      return stateOf(world, "eastus") === "unhealthy";
    });
    await world.westus.inject({ kind: "latency", delayInMs: 1000, requestTypes: ["RESTAPI"] });
    const sending = rejectionOf(world.pubsub.broadcast("hi", { require: "all" }));
    await world.eastus.clear();
    await until(async () => {
      await world.negotiate();
      return stateOf(world, "eastus") === "healthy";
    });
    expect((await sending).report).toEqual({
      delivered: ["westus"],
      failed: [],
      skipped: [{ endpoint: "eastus", reason: "refused" }],
    });
  });

  it("a broadcast that reaches nobody is never a success", async () => {
    const world = await withClients();
    await world.eastus.inject({ kind: "crash" });
    await world.westus.inject({ kind: "unhealthy", status: 503 });
    const failed = await rejectionOf(world.pubsub.broadcast("hi"));
    expect(failed).toMatchObject({ code: "ERR_FAN_OUT_FAILED", report: { delivered: [] } });
    expect(failed.report.failed).toHaveLength(2);
    await until(() => world.log.includes("allDown"));
    const skipped = await rejectionOf(world.pubsub.broadcast("hi"));
    expect(skipped.message).toBe(
      "broadcast reached nobody: eastus was skipped (refused), westus was skipped (status(503))",
    );
  });

  it("one that never answers costs the others nothing and the caller the deadline", async () => {
    const world = await withClients({ health: { schedule: false } });
    await world.eastus.inject({ kind: "blackhole" });
    const sending = world.pubsub.broadcast("hi", { timeoutInMs: 300 });
    let isSettled = false;
    void sending.then(() => {
      isSettled = true;
    });
    await until(() => world.west.received.length > 0);
    expect(isSettled).toBe(false);
    expect(await sending).toMatchObject({
      delivered: ["westus"],
      failed: [{ endpoint: "eastus", error: { code: "ERR_DEADLINE_EXCEEDED" } }],
    });
  });
});

it("a broadcast checks endpoints that are down, even if nothing else does", async () => {
  const world = await withClients({ health: { schedule: false, onDemandMaxAgeInMs: 50 } });
  await world.westus.inject({ kind: "crash" });
  await world.pubsub.broadcast("hi");
  await until(() => stateOf(world, "westus") === "unhealthy");
  await world.westus.clear();
  await until(async () => (await world.pubsub.broadcast("hi")).delivered.includes("westus"));
});

it("the caller's abortSignal ends a broadcast, and is no evidence against an endpoint", async () => {
  const world = await withClients({ health: { schedule: false } });
  await world.eastus.inject({ kind: "blackhole" });
  await world.westus.inject({ kind: "blackhole" });
  const controller = new AbortController();
  const sending = rejectionOf(world.pubsub.broadcast("hi", { abortSignal: controller.signal }));
  await setImmediate();
  controller.abort(new Error("enough"));
  expect((await sending).report.failed).toMatchObject([
    { endpoint: "eastus", error: expect.objectContaining({ message: "enough" }) },
    { endpoint: "westus", error: expect.objectContaining({ message: "enough" }) },
  ]);
  expect(world.pubsub.endpoints.snapshot().map(({ state }) => state)).toEqual([
    "healthy",
    "healthy",
  ]);
  const aborted = rejectionOf(world.pubsub.broadcast("hi", { abortSignal: controller.signal }));
  expect(await aborted).toMatchObject({ message: "enough" });
});

it("no report, error or log line of a broadcast contains a key or a token", async () => {
  const world = await withClients();
  await world.eastus.inject({ kind: "unhealthy", status: 500 });
  await world.westus.inject({ kind: "crash" });
  const error = await rejectionOf(world.pubsub.broadcast("hi"));
  const key = /AccessKey=([^;]+)/.exec(world.eastus.connectionString)?.[1] ?? "";
  for (const text of [JSON.stringify(error.report), inspect(error, { depth: 12 }), String(error)]) {
    expect(text).not.toMatch(/Bearer ey|eyJ/);
    expect(text).not.toContain(key);
  }
});

it("a broadcast after close sends nothing, and rejects", async () => {
  const { pubsub } = await startRegions();
  await pubsub.close();
  await expect(pubsub.broadcast("hi")).rejects.toMatchObject({ code: "ERR_CLOSED" });
});
