import { inspect } from "node:util";
import type { FanOutError, FanOutReport } from "express-resilient-pubsub";
import { ResilientPubSubError } from "express-resilient-pubsub";
import { callWithin } from "../../src/service/call-within.ts";
import { safeErrorOf } from "../../src/service/safe-errors.ts";
import { endpointAt, failureOf } from "../service/support/pool.ts";
import { accept, type RawRequest, startPlugin, startRawService } from "../support/raw-service.ts";

const ESCAPE = String.fromCharCode(27);

/** What a service that means no good writes into its answer. */
const hostileBody = ({ headers }: RawRequest) =>
  JSON.stringify({
    code: `Invalid${ESCAPE}[31m`,
    message: `internal detail; your header was ${headers.authorization}`,
    stack: "at /srv/x",
  });

/** Broadcasts to a region that answers so and to one that is well. */
async function broadcastTo(status: number, body: (request: RawRequest) => string, type = "json") {
  const bad = await startRawService((res, request) => {
    const headers = { "Set-Cookie": "s=1", "X-Internal": "10.0.0.7" };
    res.writeHead(status, { "Content-Type": `application/${type}`, ...headers });
    res.end(body(request));
  });
  const good = await startRawService(accept);
  const pubsub = await startPlugin({ eastus: bad, westus: good });
  return { report: await pubsub.broadcast({ text: "hi" }), url: bad.url };
}

/** All that a program may do with an error or a report without looking at it. */
const printings = (value: unknown): string[] => [
  JSON.stringify(value),
  inspect(value, { depth: 20 }),
  inspect({ value }, { depth: 20, showHidden: false }),
  String(value),
];

function expectSafe(texts: readonly string[]): void {
  for (const text of texts) {
    expect(text).not.toMatch(/eyJ|Bearer|internal detail|10\.0\.0\.7|set-cookie|\/srv/i);
    expect(text).not.toContain(ESCAPE);
  }
}

const failedIn = (report: FanOutReport) => JSON.parse(JSON.stringify(report)).failed;

describe("a report as JSON tells of an endpoint that failed its name, code, status and one line:", () => {
  it.each<[string, number, (request: RawRequest) => string, string]>([
    ["an answer that repeats the request", 400, hostileBody, "json"],
    ["one that is not JSON", 418, (request) => `got ${request.headers.authorization}`, "text"],
    ["one that is not what it says", 400, (request) => `x${request.headers.authorization}`, "json"],
    ["one with success, where there is none", 200, hostileBody, "json"],
    ["one of a proxy", 403, () => "<html>internal detail</html>", "html"],
  ])("%s", async (_, status, body, type) => {
    const { report } = await broadcastTo(status, body, type);
    const [failed] = failedIn(report);
    expect(Object.keys(failed)).toEqual(expect.arrayContaining(["endpoint", "status", "message"]));
    expect(failed).not.toHaveProperty("error");
    expect(failed).toMatchObject({ endpoint: "eastus", status });
    expect(failed.message).toMatch(/^[^\n]{10,200}$/);
    const [{ error }] = report.failed as unknown as [{ error: Error }];
    expectSafe([...printings(report), ...printings(error), error.message, error.stack ?? ""]);
    expect(JSON.parse(JSON.stringify(report)).delivered).toEqual(["westus"]);
  });
});

it("a connection that is refused is told without its address; the cause has it", async () => {
  const { client } = endpointAt("http://127.0.0.1:1");
  const error = await failureOf(
    callWithin(5000, undefined, (abortSignal) => client.sendToAll("x", { abortSignal })),
  );
  for (const text of printings(error)) {
    expect(text).toContain("ECONNREFUSED");
    expect(text).not.toMatch(/127\.0\.0\.1|:1\b/);
  }
  expect(error.cause).toMatchObject({ address: "127.0.0.1", port: 1 });
});

it("an error of a fan-out as JSON has its report, and no cause", async () => {
  const bad = await startRawService((res, request) => {
    res.writeHead(400, { "Content-Type": "application/json" }).end(hostileBody(request));
  });
  const pubsub = await startPlugin({ eastus: bad });
  const error: FanOutError = await pubsub.broadcast("hi").then(
    () => Promise.reject(new Error("delivered")),
    (thrown) => thrown,
  );
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: "FanOutError",
    code: "ERR_FAN_OUT_FAILED",
    message: "broadcast reached nobody: eastus failed (status 400)",
    report: {
      delivered: [],
      failed: [
        expect.objectContaining({
          endpoint: "eastus",
          status: 400,
          message: "The service refused or failed (status 400)",
        }),
      ],
      skipped: [],
    },
  });
  expectSafe([...printings(error), error.stack ?? ""]);
});

it("what the service says itself is there for those who ask for it, on one line each", async () => {
  const { report } = await broadcastTo(400, () =>
    JSON.stringify({ code: "Invalid", message: `because\n${ESCAPE}[31m`, target: "filter" }),
  );
  const [{ error }] = report.failed as unknown as [{ error: { details: object; code: string } }];
  expect(error.code).toBe("Invalid");
  expect(error.details).toEqual({
    code: "Invalid",
    message: "because\\u{a}\\u{1b}[31m",
    target: "filter",
  });
});

it("an error of this package as JSON is one line, without its cause", () => {
  const cause = new Error("secret");
  const error = new ResilientPubSubError("ERR_CLOSED", `one\ntwo${ESCAPE}`, { cause });
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: "ResilientPubSubError",
    code: "ERR_CLOSED",
    message: "one\\u{a}two\\u{1b}",
  });
  expect(error.cause).toBe(cause);
});

it.each([undefined, null, "text", new Error("other")])(
  "an error that is not of the service stays what it is: %p",
  (error) => {
    expect(safeErrorOf(error)).toBe(error);
  },
);
