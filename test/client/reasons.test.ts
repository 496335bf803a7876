import http from "node:http";
import type { AddressInfo } from "node:net";
import net from "node:net";
import { type ConnectError, NegotiateError } from "express-resilient-pubsub/client";
import { reasonOf } from "../../src/client/reason.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

const withCause = (message: string, cause: unknown) => new Error(message, { cause });
const secret = "s3cret";

describe("the reason of", () => {
  it.each<[string, unknown, string]>([
    ["an error", new Error("no"), "no"],
    ["a word", "no", "no"],
    ["a sentence", "It is so.", "It is so"],
    ["nothing", undefined, ""],
    ["what says nothing", { type: "error" }, ""],
    ["an object without a prototype", Object.create(null), ""],
    ["a code", { code: "ECONNREFUSED" }, "ECONNREFUSED"],
    ["an error with causes", withCause("a", withCause("b", new Error("c"))), "a: b: c"],
    [
      "a cause that is told already",
      withCause("fetch failed: no", new Error("no")),
      "fetch failed: no",
    ],
    [
      "an event with an error",
      { message: "no", error: withCause("no", new Error("dns")) },
      "no: dns",
    ],
    [
      "several addresses",
      new AggregateError([new Error("connect ECONNREFUSED ::1:9"), new Error("other")]),
      "connect ECONNREFUSED ::1:9",
    ],
    ["several lines", new Error("a\n  b"), "a b"],
  ])("%s", (_, failure, reason) => {
    expect(reasonOf(failure)).toBe(reason);
  });

  it("an error that is its own cause ends", () => {
    const error = new Error("no");
    error.cause = error;
    expect(reasonOf(error)).toBe("no");
  });

  it.each([
    `cannot open wss://east.example/client?access_token=${secret}`,
    `cannot open 'https://ada:${secret}@east.example/'`,
    `Headers.append: "Bearer ${secret}\n" is an invalid header value.`,
    `sent Authorization: Bearer ${secret}`,
    `sent Basic ${secret}`,
    `bad token eyJ${secret}.eyJ${secret}.${secret}`,
    `Unexpected token 'o', "{"url":"${secret}"..." is not valid JSON`,
  ])("%j has no secret in it", (message) => {
    expect(reasonOf(new Error(message))).not.toContain(secret);
  });

  it("a very long text is cut", () => {
    expect(reasonOf("x".repeat(5000))).toHaveLength(300);
  });
});

/** What the first attempt of a client failed with. */
async function failureOf(url: string): Promise<ConnectError> {
  const { client, events } = makeClient(() => ({ url, endpoint: "eastus" }));
  const starting = client.start().catch(() => {});
  await until(() => events["connect-failed"].length);
  client.stop();
  await starting;
  return events["connect-failed"][0]?.error as ConnectError;
}

const hub = `/client/hubs/chat?access_token=${secret}`;

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answering(status: number): Promise<string> {
  const server = http.createServer().listen(0, "127.0.0.1");
  server.on("upgrade", (_req, socket) => {
    // A client that has read the answer may reset the connection.
    socket.on("error", () => {});
    socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`);
  });
  await new Promise((resolve) => server.once("listening", resolve));
  closeAfterTest({ close: () => server.close() });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}${hub}`;
}

describe("in Node, a connection that did not come about says why:", () => {
  it.each<[string, () => Promise<string>, RegExp]>([
    [
      "nobody listens",
      async () => `ws://127.0.0.1:${await freePort()}${hub}`,
      /: connect ECONNREFUSED/,
    ],
    [
      "no such host",
      async () => `ws://no-such-host.invalid${hub}`,
      /: getaddrinfo E\w+ no-such-host/,
    ],
    [
      "a certificate that nobody vouches for",
      async () => {
        const { endpoint } = closeAfterTest(await startEmulator({ tls: true }));
        return endpoint.replace("https", "wss") + hub;
      },
      /: self-signed certificate/,
    ],
    [
      "a wrong token",
      async () => closeAfterTest(await startEmulator()).endpoint.replace("http", "ws") + hub,
      /: Unexpected server response: 401/,
    ],
    ["a throttled endpoint", () => answering(429), /: Unexpected server response: 429/],
  ])("%s", async (_, makeUrl, reason) => {
    const { message, closeCode, isEndpointSuspect } = await failureOf(await makeUrl());
    expect(message).toMatch(reason);
    expect(message).not.toMatch(`${secret}|ws:|wss:`);
    expect({ closeCode, isEndpointSuspect }).toEqual({ closeCode: 1006, isEndpointSuspect: true });
  });

  it("the service closed before its greeting, with a reason", async () => {
    const service = await ScriptedService.start({
      greet: (client) => client.close(1008, "not you"),
    });
    expect((await failureOf(service.url)).message).toContain(
      "with code 1008 before the service's greeting: not you.",
    );
  });
});

it("a negotiate that nobody answers says why", async () => {
  const { client, events } = makeClient(`http://127.0.0.1:${await freePort()}/negotiate`);
  const starting = client.start().catch(() => {});
  await until(() => events["connect-failed"].length);
  client.stop();
  await starting;
  const { error } = events["connect-failed"][0] ?? {};
  expect(error).toBeInstanceOf(NegotiateError);
  expect(error?.message).toMatch(/^Negotiate failed: fetch failed: connect ECONNREFUSED .*\.$/);
});

it("the end of a connection tells what the socket was closed with, and why", async () => {
  const east = await ScriptedService.start();
  const { client, events } = makeClient(new ScriptedNegotiate({ east }).negotiate);
  await client.start();
  east.latest?.close(1000, "enough");
  await until(() => events.disconnected.length);
  expect(events.disconnected[0]).toMatchObject({
    code: "closed-by-service",
    closeCode: 1000,
    reason: "enough",
  });
});
