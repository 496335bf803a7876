import type { RequestListener } from "node:http";
import { connect, Socket } from "node:net";
import { probe } from "../../src/health/probe.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint, type Endpoint } from "../../src/service/endpoint.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

const options = { timeoutInMs: 5000, signal: new AbortController().signal };

function endpointAt(url: string): Endpoint {
  const connectionString = `Endpoint=${url};AccessKey=k`;
  const endpoint = createEndpoint(
    parseEndpoint({ name: "a", role: "primary", connectionString }),
    "chat",
  );
  return closeAfterTest(endpoint);
}

async function listen(listener: RequestListener): Promise<string> {
  return closeAfterTest(await serve(listener)).url;
}

describe("health check outcomes", () => {
  it("a healthy instance passes a health check", async () => {
    const emulator = closeAfterTest(await startEmulator());
    expect(await probe(endpointAt(emulator.endpoint), options)).toEqual({ ok: true });
  });

  it("an instance that answers anything but 200 fails a health check", async () => {
    const emulator = closeAfterTest(await startEmulator());
    await emulator.inject({ kind: "unhealthy", status: 503 });
    const outcome = await probe(endpointAt(emulator.endpoint), options);
    expect(outcome).toEqual({ ok: false, reason: "status(503)" });
  });

  it("a port that refuses connections fails a health check", async () => {
    const emulator = closeAfterTest(await startEmulator());
    await emulator.inject({ kind: "crash" });
    const outcome = await probe(endpointAt(emulator.endpoint), options);
    expect(outcome).toEqual({ ok: false, reason: "refused", code: "ECONNREFUSED" });
  });

  it("an instance that accepts and never answers fails a health check", async () => {
    const emulator = closeAfterTest(await startEmulator());
    await emulator.inject({ kind: "blackhole" });
    const outcome = await probe(endpointAt(emulator.endpoint), { ...options, timeoutInMs: 50 });
    expect(outcome).toEqual({ ok: false, reason: "timeout" });
  });

  it.each<[string, number, unknown]>([
    ["says nothing of an instance that answers calls meanwhile", 1, "inconclusive"],
    ["fails for one that does not", -1, { ok: false, reason: "timeout" }],
  ])("a health check that is never connected %s", async (_, sign, expected) => {
    const endpoint = endpointAt("http://127.0.0.1:9");
    jest
      .spyOn(endpoint.agent, "createConnection")
      .mockImplementation(() => Object.assign(new Socket(), { connecting: true }));
    const answeredAt = performance.now() + sign * 10;
    const answering = { ...endpoint, answeredAt };
    expect(await probe(answering, { ...options, timeoutInMs: 50 })).toEqual(expected);
  });

  it("a name that does not resolve fails a health check", async () => {
    const outcome = await probe(endpointAt("https://name.invalid"), options);
    expect(outcome).toEqual({ ok: false, reason: "dns", code: "ENOTFOUND" });
  });

  it("a port that does not speak TLS fails a health check", async () => {
    const url = await listen(() => {});
    const outcome = await probe(endpointAt(url.replace("http:", "https:")), options);
    expect(outcome).toEqual({ ok: false, reason: "tls", code: "EPROTO" });
  });

  it("a health check that is aborted does not pass, and leaves no socket", async () => {
    const url = await listen(() => {});
    const endpoint = endpointAt(url);
    const controller = new AbortController();
    const outcome = probe(endpoint, { ...options, signal: controller.signal });
    controller.abort();
    expect(await outcome).not.toEqual({ ok: true });
    expect(Object.keys(endpoint.agent.freeSockets)).toEqual([]);
  });
});

it("a health check says nothing when this process has run out of file descriptors", async () => {
  const endpoint = endpointAt(await listen((_, res) => res.end()));
  endpoint.agent.createConnection = (_options, connected) => {
    const error = Object.assign(new Error("too many open files"), { code: "EMFILE" });
    setImmediate(() => connected?.(error, undefined as never));
    return undefined;
  };
  expect(await probe(endpoint, options)).toBe("inconclusive");
});

it("a health check asks for the documented route without a key, and reuses its connection", async () => {
  const requests: string[] = [];
  const sockets = new Set<unknown>();
  const url = await listen(({ method, url, headers, socket }, res) => {
    requests.push(`${method} ${url} ${headers.authorization}`);
    sockets.add(socket);
    res.setHeader("Content-Length", 0).end();
  });
  const endpoint = endpointAt(url);
  await probe(endpoint, options);
  await until(() => Object.keys(endpoint.agent.freeSockets).length > 0);
  await probe(endpoint, options);
  const expected = "HEAD /api/health?api-version=2024-12-01 undefined";
  expect(requests).toEqual([expected, expected]);
  expect(sockets.size).toBe(1);
});

it("a health check does not count a kept connection that the instance had closed while idle", async () => {
  let answered = 0;
  const url = await listen((req, res) => {
    answered += 1;
    // The second request arrives on the kept connection and finds it closed.
    if (answered === 2) req.socket.resetAndDestroy();
    else res.setHeader("Content-Length", 0).end();
  });
  const endpoint = endpointAt(url);
  await probe(endpoint, options);
  await until(() => Object.keys(endpoint.agent.freeSockets).length > 0);
  expect(await probe(endpoint, options)).toEqual({ ok: true });
  expect(answered).toBe(3);
});

it("a health check whose deadline passed while this process was busy is repeated", async () => {
  const url = await listen((_, res) => void setTimeout(() => res.end(), 30));
  const endpoint = endpointAt(url);
  const outcome = probe(endpoint, { ...options, timeoutInMs: 100 });
  await new Promise<void>((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
  });
  const busyUntil = performance.now() + 400;
  while (performance.now() < busyUntil);
  expect(await outcome).toEqual({ ok: true });
});
