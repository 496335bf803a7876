import net from "node:net";
import { text } from "node:stream/consumers";
import type { Emulator, Fault } from "express-resilient-pubsub/emulator";
import type { EndpointOptions } from "../../src/contract/options.ts";
import { sendCanary } from "../../src/health/canary.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint, type Endpoint } from "../../src/service/endpoint.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { serve } from "../support/serve.ts";

const options = { timeoutInMs: 200, signal: new AbortController().signal };

async function endpointWith(rest: Omit<EndpointOptions, "name" | "role">): Promise<Endpoint> {
  const endpoint = createEndpoint(parseEndpoint({ name: "a", role: "primary", ...rest }), "chat");
  closeAfterTest(endpoint);
  await endpoint.opened;
  return endpoint;
}

const start = async (): Promise<Emulator> => closeAfterTest(await startEmulator());

describe("a canary sent while the service", () => {
  it.each<[string, Fault | undefined, string]>([
    ["is well", undefined, "passed"],
    ["minds our pace", { kind: "throttle" }, "passed"],
    ["denies us access", { kind: "accessDenied" }, "rejected"],
    ["answers with 401", { kind: "unhealthy", status: 401 }, "rejected"],
    ["fails, its health check being green", { kind: "gray" }, "failed"],
    [
      "is silent, its health check being green",
      { kind: "blackhole", requestTypes: ["RESTAPI"] },
      "failed",
    ],
    ["is down", { kind: "crash" }, "failed"],
    ["is hidden by something that answers 404", { kind: "unhealthy", status: 404 }, "failed"],
  ])("%s: %j %s", async (_, fault, expected) => {
    const emulator = await start();
    if (fault) await emulator.inject(fault);
    expect(
      await sendCanary(
        await endpointWith({ connectionString: emulator.connectionString }),
        options,
      ),
    ).toMatchObject({ kind: expected });
  });

  it("has another key: rejected", async () => {
    const emulator = await start();
    const endpoint = await endpointWith({ connectionString: emulator.connectionString });
    emulator.rotateKey("primary");
    expect(await sendCanary(endpoint, options)).toMatchObject({ kind: "rejected" });
  });
});

describe("a canary that needs the token of a credential which", () => {
  const identityError = (statusCode: number) =>
    Object.assign(new Error("x"), { name: "AuthenticationError", statusCode });
  const answering = (answer: unknown) => () => Promise.resolve(answer as never);
  const expiresOnTimestamp = Date.now() + 3_600_000;
  it.each<[string, string, () => Promise<never>]>([
    ["gives no token", "failed", () => Promise.reject(new Error("none here"))],
    ["never answers", "failed", () => new Promise(() => {})],
    ["does not know us any more", "rejected", () => Promise.reject(identityError(401))],
    ["cannot make sense of us", "failed", () => Promise.reject(identityError(400))],
    ["rejects with nothing", "failed", () => Promise.reject()],
    ["rejects with null", "failed", () => Promise.reject(null)],
    [
      "throws",
      "failed",
      () => {
        throw new Error("at once");
      },
    ],
    ["answers null", "failed", answering(null)],
    ["answers text", "failed", answering("token")],
    ["answers a token that is a number", "failed", answering({ token: 7, expiresOnTimestamp })],
    [
      "answers a token that no header can hold",
      "failed",
      answering({ token: "a\r\nb: c", expiresOnTimestamp }),
    ],
    ["answers a token without an end", "failed", answering({ token: "abc" })],
  ])("%s: %s", async (_, expected, getToken) => {
    const endpoint = await endpointWith({
      endpoint: "https://127.0.0.1:1",
      credential: { getToken },
    });
    expect(await sendCanary(endpoint, options)).toMatchObject({ kind: expected });
  });
});

/** A service that tells what it was asked, and answers what the test says. */
async function listen(status: number, headers: Record<string, string> = {}) {
  const asked: string[] = [];
  const { url } = closeAfterTest(
    await serve(async (req, res) => {
      const body = await text(req);
      asked.push(`${req.method} ${req.url?.split("?")[0]} ${body}`);
      res.writeHead(status, headers).end();
    }),
  );
  return {
    asked,
    endpoint: await endpointWith({ connectionString: `Endpoint=${url};AccessKey=k` }),
  };
}

it("a canary is a text of our own to a group of our own, the same each time", async () => {
  const { asked, endpoint } = await listen(202);
  for (let i = 0; i < 2; i++) {
    expect(await sendCanary(endpoint, options)).toEqual({ kind: "passed" });
  }
  const canary = "POST /api/hubs/chat/groups/resilient-pubsub.canary/:send canary";
  expect(asked).toEqual([canary, canary]);
});

it("a canary that is refused tells how wrong the clock of this server is", async () => {
  const anHourAgo = new Date(Date.now() - 3_600_000).toUTCString();
  const { endpoint } = await listen(401, { Date: anHourAgo });
  const result = await sendCanary(endpoint, options);
  expect(result).toEqual({
    kind: "rejected",
    status: 401,
    code: undefined,
    clockSkewInMs: expect.any(Number),
  });
});

it("a canary says nothing when this process has run out of file descriptors", async () => {
  const endpoint = await endpointWith({ connectionString: (await start()).connectionString });
  const error = Object.assign(new Error("too many open files"), { code: "EMFILE" });
  jest.spyOn(net, "connect").mockImplementationOnce(() => new net.Socket().destroy(error));
  expect(await sendCanary(endpoint, options)).toMatchObject({ kind: "inconclusive" });
});

it("a canary that is ended early says nothing", async () => {
  const emulator = await start();
  await emulator.inject({ kind: "blackhole" });
  const controller = new AbortController();
  const result = sendCanary(await endpointWith({ connectionString: emulator.connectionString }), {
    ...options,
    signal: controller.signal,
  });
  controller.abort();
  expect(await result).toMatchObject({ kind: "inconclusive" });
});

it("a canary whose deadline passed while this process was busy is repeated", async () => {
  const emulator = await start();
  await emulator.inject({ kind: "latency", delayInMs: 50 });
  const result = sendCanary(
    await endpointWith({ connectionString: emulator.connectionString }),
    options,
  );
  await new Promise((resolve) => setTimeout(resolve, 10));
  const busyUntil = performance.now() + 500;
  while (performance.now() < busyUntil);
  expect(await result).toMatchObject({ kind: "passed" });
});
