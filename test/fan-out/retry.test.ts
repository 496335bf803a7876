import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ResilientPubSub } from "express-resilient-pubsub";
import { pauseBeforeRetryInMs } from "../../src/fan-out/retry.ts";
import { classifyFailure } from "../../src/service/failure.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { accept, startPlugin, startRawService } from "../support/raw-service.ts";
import { until } from "../support/until.ts";
import { rejectionOf } from "./support/fan-out-error.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const dateAt = (ms: number): string => new Date(ms).toUTCString();
const almostOne = 1 - Number.EPSILON;

const network = (code: string, cause?: object): object => ({ name: "RestError", code, cause });

function answer(statusCode: number, retryAfter?: string): object {
  const headers = { get: (name: string) => (name === "retry-after" ? retryAfter : undefined) };
  return { name: "RestError", code: "TooManyRequests", statusCode, response: { headers } };
}

describe("a request of which the endpoint has seen nothing is repeated soon:", () => {
  const connect = { syscall: "connect" };
  it.each<[string, object | undefined]>([
    ["ECONNREFUSED", undefined],
    ["ENOTFOUND", undefined],
    ["EAI_AGAIN", undefined],
    ["EHOSTUNREACH", connect],
    ["ENETUNREACH", connect],
    ["EHOSTUNREACH", new AggregateError([connect, connect])],
  ])("%s of %j", (code, cause) => {
    const error = network(code, cause);
    const pauses = (random: number) =>
      [1, 2, 3, 4].map((attempts) =>
        pauseBeforeRetryInMs(classifyFailure(error, now), attempts, random),
      );
    expect(pauses(0)).toEqual([50, 150, undefined, undefined]);
    expect(pauses(0.5)).toEqual([75, 225, undefined, undefined]);
    expect(pauses(almostOne)).toEqual([
      expect.closeTo(100),
      expect.closeTo(300),
      undefined,
      undefined,
    ]);
  });
});

describe("what may have been accepted, or would be refused again, is never repeated:", () => {
  it.each<[string, unknown]>([
    ["a connection that was reset", network("ECONNRESET")],
    ["a socket that was closed", network("UND_ERR_SOCKET")],
    ["a pipe that is broken", network("EPIPE")],
    ["a host that is gone from a connection", network("EHOSTUNREACH", { syscall: "read" })],
    ["a network that is gone from a connection", network("ENETUNREACH", { syscall: "write" })],
    ["a connection that was not accepted in time", network("UND_ERR_CONNECT_TIMEOUT")],
    ["a connection that timed out", network("ETIMEDOUT")],
    ["an answer that does not come", network("UND_ERR_HEADERS_TIMEOUT")],
    ["an answer that is no HTTP", network("HPE_INVALID_CONSTANT")],
    ["a certificate that is not trusted", network("SELF_SIGNED_CERT_IN_CHAIN")],
    ["a deadline", { code: "ERR_DEADLINE_EXCEEDED" }],
    ["an abort", new DOMException("This operation was aborted", "AbortError")],
    ["an error without a code", new Error("boom")],
    ["a text", "ECONNREFUSED"],
    ["nothing", undefined],
    ["null", null],
    ...[400, 401, 403, 404, 408, 409, 413, 500, 502, 504].map((status): [string, unknown] => [
      `${status} with Retry-After`,
      answer(status, "1"),
    ]),
  ])("%s", (_, error) => {
    expect(pauseBeforeRetryInMs(classifyFailure(error, now), 1, 0)).toBeUndefined();
  });
});

describe.each([429, 503])("%i is repeated when it says when:", (status) => {
  it.each<[string, string | undefined, number | undefined]>([
    ["at once", "0", 0],
    ["in a second", "1", 1000],
    ["in an hour", "3600", 3_600_000],
    ["with zeros in front", "007", 7000],
    ["in more seconds than a number holds", "9".repeat(400), Number.POSITIVE_INFINITY],
    ["at a date", dateAt(now + 2000), 2000],
    ["at a date of now", dateAt(now), 0],
    ["at a date that has passed", dateAt(now - 86_400_000), 0],
    ["at a date far off", dateAt(now + 1e13), 1e13],
    ["never, when it does not say", undefined, undefined],
    ["never, when that is empty", "", undefined],
    ["never, when it is in words", "soon", undefined],
    ["never, when it is in words with a number", "soon 5", undefined],
    ["never, when it is negative", "-5", undefined],
    ["never, when it is a fraction", "1.5", undefined],
    ["never, when it has a unit", "5 s", undefined],
    ["never, when it is a list", "1, 2", undefined],
    ["never, when it is no number of the service's kind", "0x10", undefined],
    ["never, when the date has no such day", "Fri, 99 Dec 2025 23:59:59 GMT", undefined],
    ["never, when the date is of another kind", "2026-01-01T00:00:02Z", undefined],
  ])("%s", (_, retryAfter, pauseInMs) => {
    const pauseFor = (random: number, attempts = 1) =>
      pauseBeforeRetryInMs(classifyFailure(answer(status, retryAfter), now), attempts, random);
    expect(pauseFor(0)).toBe(pauseInMs);
    if (pauseInMs !== undefined) expect(pauseFor(almostOne)).toBeGreaterThanOrEqual(pauseInMs);
    if (pauseInMs !== undefined) expect(pauseFor(almostOne)).toBeLessThanOrEqual(pauseInMs + 100);
    expect(pauseFor(0, 2)).toBe(pauseInMs);
    expect(pauseFor(0, 3)).toBeUndefined();
  });

  it("never without the headers of an answer", () => {
    expect(
      pauseBeforeRetryInMs(classifyFailure({ statusCode: status }, now), 1, 0),
    ).toBeUndefined();
  });
});

const outcomesOf = (report: Awaited<ReturnType<ResilientPubSub["broadcast"]>>) =>
  report.outcomes.map(({ endpoint, outcome, status, attempts }) => ({
    endpoint,
    outcome,
    status,
    attempts,
  }));

describe("a connection that is refused", () => {
  it("a refused connection is tried again, and made when the endpoint is back meanwhile", async () => {
    const emulator = closeAfterTest(await startEmulator());
    const pubsub = await startPlugin({ east: emulator }, { health: { fall: 100 } });
    await emulator.inject({ kind: "crash" });
    const sending = pubsub.broadcast("hi");
    await sleep(20);
    await emulator.clear();
    const report = await sending;
    expect(report.delivered).toEqual(["east"]);
    expect(outcomesOf(report)).toEqual([
      { endpoint: "east", outcome: "delivered", status: 202, attempts: expect.any(Number) },
    ]);
    expect(report.outcomes[0]?.attempts).toBeGreaterThan(1);
    expect(report.outcomes[0]?.durationInMs).toBeGreaterThan(45);
  });

  it("a refused connection is tried three times in all, and is then a failure", async () => {
    const emulator = closeAfterTest(await startEmulator());
    const options = { health: { fall: 100, transitionIntervalInMs: 60_000 } };
    const pubsub = await startPlugin({ east: emulator }, options);
    await emulator.inject({ kind: "crash" });
    const { report } = await rejectionOf(pubsub.broadcast("hi"));
    expect(outcomesOf(report)).toEqual([
      { endpoint: "east", outcome: "failed", status: undefined, attempts: 3 },
    ]);
    expect(report.failed[0]?.error).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("a refused connection is not tried again once the endpoint is out of use", async () => {
    const emulator = closeAfterTest(await startEmulator());
    // The first failure is a reason to look, and one look, at once, is enough here.
    const options = { health: { fall: 1, transitionIntervalInMs: 1 } };
    const pubsub = await startPlugin({ east: emulator }, options);
    await emulator.inject({ kind: "crash" });
    const { report } = await rejectionOf(pubsub.broadcast("hi"));
    expect(report.outcomes[0]?.attempts).toBe(1);
    expect(pubsub.endpoints.snapshot()[0]?.state).toBe("unhealthy");
  });

  it("costs a broadcast to the others no message twice", async () => {
    const east = closeAfterTest(await startEmulator());
    const west = await startRawService();
    const pubsub = await startPlugin({ east, west });
    await east.inject({ kind: "crash" });
    expect((await pubsub.broadcast("hi")).delivered).toEqual(["west"]);
    expect(west.requests).toHaveLength(1);
  });
});

describe("an endpoint that is throttled", () => {
  it("gets the message once, when it is no longer", async () => {
    const emulator = closeAfterTest(await startEmulator());
    const pubsub = await startPlugin({ east: emulator });
    const { received } = await connectClient((await pubsub.getClientAccessToken()).url);
    await emulator.inject({ kind: "throttle", retryAfterInSeconds: 1 });
    const sending = pubsub.broadcast("hi");
    await sleep(200);
    await emulator.clear();
    expect(outcomesOf(await sending)).toEqual([
      { endpoint: "east", outcome: "delivered", status: 202, attempts: 2 },
    ]);
    await pubsub.broadcast("bye");
    await until(() => received.includes("bye"));
    expect(received).toEqual(["hi", "bye"]);
  });

  it.each<[string, number, string]>([
    ["429 that says at once", 429, "0"],
    ["503 that says at once", 503, "0"],
    ["429 that names a date", 429, dateAt(Date.now() - 1000)],
  ])("a throttled endpoint is asked twice after a %s", async (_, status, retryAfter) => {
    const raw = await startRawService((res, request, count) => {
      if (count > 1) accept(res, request, count);
      else res.writeHead(status, { "Retry-After": retryAfter }).end();
    });
    const pubsub = await startPlugin({ east: raw });
    const report = await pubsub.broadcast({ text: "hi" });
    expect(outcomesOf(report)).toEqual([
      { endpoint: "east", outcome: "delivered", status: 202, attempts: 2 },
    ]);
    expect(raw.requests.map(({ body }) => String(body))).toEqual([
      '{"text":"hi"}',
      '{"text":"hi"}',
    ]);
    expect(raw.requests[1]?.url).toBe(raw.requests[0]?.url);
  });

  it("a throttled endpoint is asked three times in all", async () => {
    const raw = await startRawService(
      (res) => void res.writeHead(429, { "Retry-After": "0" }).end(),
    );
    const pubsub = await startPlugin({ east: raw });
    const { report, message } = await rejectionOf(pubsub.broadcast("hi"));
    expect(message).toBe("broadcast reached nobody: east failed (status 429)");
    expect(outcomesOf(report)).toEqual([
      { endpoint: "east", outcome: "failed", status: 429, attempts: 3 },
    ]);
    expect(raw.requests).toHaveLength(3);
  });

  it.each<[string, number, string | undefined]>([
    ["in an hour", 503, "3600"],
    ["at a date beyond the deadline", 503, "Fri, 31 Dec 9999 23:59:59 GMT"],
    ["in more seconds than there are", 429, "9".repeat(400)],
    ["nothing", 429, undefined],
    ["nothing that is understood", 503, "soon 5"],
  ])(
    "a throttled endpoint that says to come back %s is not waited for",
    async (_, status, retryAfter) => {
      const raw = await startRawService(
        (res) => void res.writeHead(status, retryAfter ? { "Retry-After": retryAfter } : {}).end(),
      );
      const pubsub = await startPlugin({ east: raw });
      const { report } = await rejectionOf(pubsub.broadcast("hi", { timeoutInMs: 60_000 }));
      expect(outcomesOf(report)).toEqual([
        { endpoint: "east", outcome: "failed", status, attempts: 1 },
      ]);
      expect(raw.requests).toHaveLength(1);
    },
  );

  it("a throttled endpoint is not waited for beyond its own share of the time", async () => {
    const raw = await startRawService(
      (res) => void res.writeHead(429, { "Retry-After": "9" }).end(),
    );
    const pubsub = await startPlugin({ east: raw });
    const options = { timeoutInMs: 60_000, endpointTimeoutInMs: 5000 };
    const { report } = await rejectionOf(pubsub.broadcast("hi", options));
    expect(report.outcomes[0]?.attempts).toBe(1);
  });

  it("a throttled endpoint is not asked again once it is out of use", async () => {
    const raw = await startRawService(
      (res) => void res.writeHead(503, { "Retry-After": "1" }).end(),
    );
    const pubsub = await startPlugin({ east: raw, west: await startRawService() });
    const sending = pubsub.broadcast("hi");
    await until(() => raw.requests.length > 0);
    const removing = pubsub.endpoints.remove("east", { fanOutForInMs: 0 });
    expect(await sending).toMatchObject({ delivered: ["west"] });
    await removing;
    expect(raw.requests).toHaveLength(1);
  });
});

describe("nothing is sent twice of", () => {
  it.each<[string, (socket: Socket, res: ServerResponse) => void, object]>([
    [
      "a request whose connection was destroyed",
      (socket) => void socket.destroy(),
      { code: expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/) },
    ],
    [
      "a request whose connection was reset",
      (socket) => void socket.resetAndDestroy(),
      { code: expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/) },
    ],
    ["a request that is never answered", () => {}, { code: "ERR_DEADLINE_EXCEEDED" }],
    [
      "a request whose answer breaks off",
      (socket, res) => {
        res.writeHead(202, { "Content-Length": 10, "Retry-After": "0" }).write("half");
        setTimeout(() => socket.destroy(), 10);
      },
      { code: expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/) },
    ],
    [
      "a request whose answer is no HTTP",
      (socket) => void socket.end("nonsense\r\n\r\n"),
      { code: "REQUEST_SEND_ERROR" },
    ],
  ])("%s", async (_, misbehave, error) => {
    const raw = await startRawService((res) => misbehave(res.socket as Socket, res));
    const pubsub = await startPlugin({ east: raw });
    const { report } = await rejectionOf(pubsub.broadcast("hi", { timeoutInMs: 500 }));
    expect(report.failed).toMatchObject([
      { endpoint: "east", error: expect.objectContaining(error) },
    ]);
    expect(report.outcomes).toEqual([expect.objectContaining({ attempts: 1 })]);
    // Longer than any pause before another attempt.
    await sleep(150);
    expect(raw.requests).toHaveLength(1);
  });
});

it("the caller's signal ends a pause, and nothing is sent afterwards", async () => {
  const raw = await startRawService((res) => void res.writeHead(429, { "Retry-After": "2" }).end());
  const pubsub = await startPlugin({ east: raw });
  const controller = new AbortController();
  const sending = rejectionOf(pubsub.broadcast("hi", { abortSignal: controller.signal }));
  await until(() => raw.requests.length > 0);
  await sleep(20);
  controller.abort(new Error("enough"));
  const { report } = await sending;
  expect(outcomesOf(report)).toMatchObject([{ outcome: "failed", attempts: 1 }]);
  expect(report.outcomes[0]?.durationInMs).toBeLessThan(1900);
  // What the endpoint said is of more use than that nobody wanted to wait.
  expect(report.failed[0]?.error).toMatchObject({ statusCode: 429 });
  await pubsub.close();
  expect(raw.requests).toHaveLength(1);
});
