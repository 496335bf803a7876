import { EventEmitter, getEventListeners } from "node:events";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { ResilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { accept, startPlugin, startRawService } from "../support/raw-service.ts";
import { until } from "../support/until.ts";
import { rejectionOf } from "./support/fan-out-error.ts";

const silent = () => startRawService(() => {});

const statesOf = (pubsub: ResilientPubSub) => pubsub.endpoints.snapshot().map(({ state }) => state);

const late = expect.objectContaining({ code: "ERR_DEADLINE_EXCEEDED" });

/** A signal of no platform: what the SDK's own types admit, and no more than that. */
function signalLike() {
  const emitter = new EventEmitter();
  return {
    aborted: false,
    addEventListener: (_: "abort", listener: (event: unknown) => void) =>
      void emitter.on("abort", listener),
    removeEventListener: (_: "abort", listener: (event: unknown) => void) =>
      void emitter.off("abort", listener),
    abort() {
      this.aborted = true;
      emitter.emit("abort", { type: "abort" });
    },
    listeners: () => emitter.listenerCount("abort"),
  };
}

type Run = (it: ResilientPubSub, options: object) => Promise<unknown>;

const operations: [string, Run][] = [
  ["sendToAll", (it, options) => it.sendToAll("hi", options)],
  ["sendToUser", (it, options) => it.sendToUser("ada", "hi", options)],
  ["sendToConnection", (it, options) => it.sendToConnection("x", "hi", options)],
  ["a Blob", (it, options) => it.broadcast(new Blob(["hi"]), options)],
  ["connectionExists", (it, options) => it.connectionExists("x", options)],
  ["closeAllConnections", (it, options) => it.closeAllConnections(options)],
  ["addConnectionsToGroups", (it, options) => it.addConnectionsToGroups(["g"], "", options)],
  ["grantPermission", (it, options) => it.grantPermission("x", "sendToGroup", options)],
  ["hasPermission", (it, options) => it.hasPermission("x", "sendToGroup", options)],
  ["group.addUser", (it, options) => it.group("g").addUser("ada", options)],
  ["group.listConnections", (it, options) => it.group("g").listConnections(options).next()],
];

describe("an endpoint that never answers costs no more than", () => {
  it.each<[string, object, object]>([
    ["the call's timeoutInMs", { timeoutInMs: 60_000 }, { timeoutInMs: 400 }],
    ["the configured timeoutInMs", { timeoutInMs: 400 }, {}],
    ["the call's endpointTimeoutInMs", {}, { endpointTimeoutInMs: 400 }],
    ["the configured endpointTimeoutInMs", { endpointTimeoutInMs: 400 }, {}],
    [
      "the call's, which comes first",
      { endpointTimeoutInMs: 60_000 },
      { endpointTimeoutInMs: 400 },
    ],
    [
      "the shorter of the two, whichever that is",
      { timeoutInMs: 60_000 },
      { timeoutInMs: 400, endpointTimeoutInMs: 60_000 },
    ],
  ])("%s", async (_, fanOut, options) => {
    const pubsub = await startPlugin({ east: await silent() }, { fanOut });
    const { report } = await rejectionOf(pubsub.broadcast("hi", options));
    expect(report.failed).toMatchObject([{ endpoint: "east", error: late }]);
    expect(report.failed[0]?.error).toMatchObject({ message: "No answer within 400 ms" });
    const { durationInMs } = report.outcomes[0] ?? { durationInMs: 0 };
    // A timer counts from the beginning of its turn of the event loop, which may be a while ago.
    expect(durationInMs).toBeGreaterThan(50);
    expect(durationInMs).toBeLessThan(2000);
  });

  it.each(operations)("a silent endpoint costs no more than the deadline: %s", async (_, run) => {
    const pubsub = await startPlugin({ east: await silent() });
    const failure = await rejectionOf(run(pubsub, { timeoutInMs: 300 }));
    expect(failure).toMatchObject({
      code: "ERR_FAN_OUT_FAILED",
      report: { delivered: [], failed: [{ endpoint: "east", error: late }] },
    });
  });

  it("clients of other endpoints are served while an endpoint that never answers is waited for", async () => {
    const west = closeAfterTest(await startEmulator());
    const pubsub = await startPlugin({ east: await silent(), west });
    pubsub.endpoints.drain("east");
    const { received } = await connectClient((await pubsub.getClientAccessToken()).url);
    let isSettled = false;
    const sending = pubsub.broadcast("hi", { timeoutInMs: 1000 }).finally(() => {
      isSettled = true;
    });
    await until(() => received.length > 0);
    expect(isSettled).toBe(false);
    expect(await sending).toMatchObject({
      delivered: ["west"],
      failed: [{ endpoint: "east", error: late }],
    });
  });

  it("an endpoint that sends its answer byte by byte fails at the deadline", async () => {
    const east = await startRawService((res) => {
      res.writeHead(200, { "Content-Length": 1000 });
      const timer = setInterval(() => res.write("x"), 10);
      res.on("close", () => clearInterval(timer));
    });
    const pubsub = await startPlugin({ east });
    const { report } = await rejectionOf(pubsub.broadcast("hi", { timeoutInMs: 100 }));
    expect(report.failed).toMatchObject([{ endpoint: "east", error: late }]);
  });
});

it("a question is answered by the first that says yes, and nobody waits for the others", async () => {
  const west = await startRawService((res) => void res.writeHead(200).end());
  const pubsub = await startPlugin(
    { east: await silent(), west },
    { fanOut: { timeoutInMs: 300 } },
  );
  await expect(pubsub.userExists("ada")).resolves.toBe(true);
  // Only the one that answers no must wait for all.
  const failure = await rejectionOf(
    (await startPlugin({ east: await silent() })).userExists("ada", { timeoutInMs: 50 }),
  );
  expect(failure.message).toBe("userExists reached nobody: east failed (ERR_DEADLINE_EXCEEDED)");
  await pubsub.close();
});

it("calls that miss their deadline take the endpoint out when a canary does as well", async () => {
  const east = closeAfterTest(await startEmulator());
  const pubsub = await startPlugin(
    { east, west: await startRawService() },
    { health: { fall: 2, timeoutInMs: 200 }, fanOut: { timeoutInMs: 200 } },
  );
  await east.inject({ kind: "blackhole", requestTypes: ["RESTAPI"] });
  for (let i = 0; i < 2; i++) await pubsub.broadcast("hi");
  await until(() => statesOf(pubsub)[0] === "unhealthy");
  expect((await pubsub.broadcast("3")).skipped).toEqual([
    { endpoint: "east", reason: "failing-calls" },
  ]);
});

it("calls that miss their deadline take no endpoint out that takes a canary", async () => {
  const east = await silent();
  const pubsub = await startPlugin({ east, west: await startRawService() });
  for (let i = 0; i < 5; i++) {
    // Long enough for a socket on a busy machine: a call that gets none is no evidence anyway.
    const { failed } = await pubsub.broadcast("hi", { timeoutInMs: 300 });
    expect(failed).toMatchObject([{ endpoint: "east", error: late }]);
  }
  expect(statesOf(pubsub)).toEqual(["healthy", "healthy"]);
});

it("close() waits for what is under way, no longer than its deadline, and leaves no socket", async () => {
  const east = await silent();
  const pubsub = await startPlugin({ east });
  const sending = rejectionOf(pubsub.broadcast("hi", { timeoutInMs: 200 }));
  await until(() => east.requests.length > 0);
  await pubsub.close();
  expect((await sending).report.failed).toMatchObject([{ endpoint: "east", error: late }]);
});

describe("the caller's signal,", () => {
  it.each<[string, number]>([
    ["answers", 202],
    ["fails", 500],
    ["is throttled", 429],
  ])("however long it lives, is not listened to when the endpoint %s", async (_, status) => {
    const east = await startRawService((res) => void res.writeHead(status).end());
    const pubsub = await startPlugin({ east }, { health: { passive: false } });
    const { signal } = new AbortController();
    const like = signalLike();
    for (let times = 0; times < 20; times += 1) {
      const endpointTimeoutInMs = times % 2 === 0 ? 1000 : 60_000;
      for (const abortSignal of [signal, like]) {
        await pubsub.broadcast("hi", { abortSignal, endpointTimeoutInMs }).catch(() => {});
      }
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(like.listeners()).toBe(0);
  });

  it.each<[string, object]>([
    ["the deadline", { timeoutInMs: 30 }],
    ["the endpoint's own", { endpointTimeoutInMs: 30 }],
  ])("is not listened to after a miss of %s", async (_, options) => {
    const pubsub = await startPlugin({ east: await silent() });
    const { signal } = new AbortController();
    const sending = pubsub.broadcast("hi", { ...options, abortSignal: signal });
    await setImmediate();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await rejectionOf(sending);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("the caller's signal is not listened to after a list that nobody has read to the end", async () => {
    const east = await startRawService((res, { url }) => {
      const nextLink = `${east.url}${url.split("?")[0]}?continuationToken=x&api-version=2024-12-01`;
      const value = [{ connectionId: "a" }];
      res.writeHead(200, { "Content-Type": "application/json" });
      res.end(JSON.stringify({ value, nextLink }));
    });
    const pubsub = await startPlugin({ east });
    const { signal } = new AbortController();
    for await (const _ of pubsub.group("g").listConnections({ abortSignal: signal })) break;
    await pubsub.close();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it.each(operations)("when it has ended already, keeps everything back: %s", async (_, run) => {
    const east = await startRawService();
    const pubsub = await startPlugin({ east });
    const reason = new Error("enough");
    await expect(run(pubsub, { abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const like = signalLike();
    like.abort();
    await expect(run(pubsub, { abortSignal: like })).rejects.toMatchObject({ name: "AbortError" });
    expect(east.requests).toEqual([]);
    expect(like.listeners()).toBe(0);
  });

  it.each(operations)("ends the wait, with its reason, at every endpoint: %s", async (_, run) => {
    const east = await silent();
    const west = await silent();
    const pubsub = await startPlugin({ east, west }, { health: { fall: 1 } });
    const controller = new AbortController();
    const failing = rejectionOf(run(pubsub, { abortSignal: controller.signal }));
    await until(() => east.requests.length > 0 && west.requests.length > 0);
    const reason = new Error("enough");
    controller.abort(reason);
    const { code, report } = await failing;
    expect(code).toBe("ERR_FAN_OUT_FAILED");
    const taken = { reason: "local", status: undefined, error: reason };
    expect({ ...report }).toEqual({
      delivered: [],
      failed: [
        { endpoint: "east", ...taken },
        { endpoint: "west", ...taken },
      ],
      skipped: [],
    });
    expect(statesOf(pubsub)).toEqual(["healthy", "healthy"]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("may be one that is only like the platform's", async () => {
    const east = await silent();
    const pubsub = await startPlugin({ east });
    const like = signalLike();
    const failing = rejectionOf(pubsub.broadcast("hi", { abortSignal: like }));
    await until(() => east.requests.length > 0);
    like.abort();
    expect((await failing).report.failed).toMatchObject([
      { endpoint: "east", error: expect.objectContaining({ name: "AbortError" }) },
    ]);
    expect(like.listeners()).toBe(0);
  });

  it.each<[string, unknown]>([
    ["a network error, such as that of the request it was for", { code: "ECONNRESET" }],
    ["an answer, such as that of another service", { statusCode: 500 }],
    ["an answer that looks like a missing connection", { statusCode: 404 }],
    ["an answer that looks like a rejected key", { statusCode: 401 }],
    ["an answer that looks like a refused connection", { code: "ECONNREFUSED" }],
    ["a text", "enough"],
    ["null", null],
  ])("says nothing about an endpoint, whatever its reason is: %s", async (_, properties) => {
    const pubsub = await startPlugin({ east: await silent() }, { health: { fall: 1 } });
    const isObject = typeof properties === "object" && properties !== null;
    const reason = isObject ? Object.assign(new Error("mine"), properties) : properties;
    const failures = [
      (abortSignal: AbortSignal) => pubsub.broadcast("hi", { abortSignal }),
      (abortSignal: AbortSignal) => pubsub.group("g").addUser("ada", { abortSignal }),
    ].map(async (run) => {
      const controller = new AbortController();
      const failing = rejectionOf(run(controller.signal));
      await sleep(30);
      controller.abort(reason);
      return failing;
    });
    for (const failure of failures) {
      const { report } = await failure;
      const error = reason ?? expect.anything();
      expect({ ...report }).toEqual({
        delivered: [],
        failed: [{ endpoint: "east", reason: "local", status: undefined, error }],
        skipped: [],
      });
      expect(report.outcomes[0]).toMatchObject({ outcome: "failed", attempts: 1 });
    }
    expect(statesOf(pubsub)).toEqual(["healthy"]);
  });

  it("a caller's signal that is aborted after the answer changes nothing", async () => {
    const pubsub = await startPlugin({ east: await startRawService(accept) });
    const controller = new AbortController();
    const report = await pubsub.broadcast("hi", { abortSignal: controller.signal });
    controller.abort();
    expect(report.delivered).toEqual(["east"]);
    expect((await pubsub.broadcast("hi")).delivered).toEqual(["east"]);
  });

  it("aborting one call does not close the sockets of others to the same endpoint", async () => {
    const waiting: (() => void)[] = [];
    const east = await startRawService((res, request, count) => {
      waiting.push(() => accept(res, request, count));
    });
    const pubsub = await startPlugin({ east });
    const controller = new AbortController();
    const ended = rejectionOf(pubsub.broadcast("1", { abortSignal: controller.signal }));
    const other = pubsub.broadcast("2");
    await until(() => east.requests.length === 2);
    controller.abort();
    await ended;
    for (const answer of waiting) answer();
    expect((await other).delivered).toEqual(["east"]);
  });
});

it("no timer is left of a call that has ended, however it ended", async () => {
  const timers = () =>
    process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
  const pubsub = await startPlugin(
    { east: await startRawService(), west: await silent() },
    { health: { passive: false } },
  );
  await pubsub.broadcast("hi", { timeoutInMs: 500 });
  const before = timers();
  for (let times = 0; times < 10; times += 1) {
    for (const options of [
      { timeoutInMs: 60_000, endpointTimeoutInMs: 5 },
      { timeoutInMs: 10, endpointTimeoutInMs: 5 },
      { timeoutInMs: 5 },
    ]) {
      await rejectionOf(pubsub.broadcast("hi", { ...options, require: "all" }));
    }
    const controller = new AbortController();
    const failing = rejectionOf(
      pubsub.broadcast("hi", {
        timeoutInMs: 60_000,
        endpointTimeoutInMs: 59_000,
        abortSignal: controller.signal,
        require: "all",
      }),
    );
    await setImmediate();
    controller.abort();
    await failing;
  }
  expect(timers()).toBeLessThanOrEqual(before + 1);
});
