import { PubSubClientError, ResilientPubSubClient } from "express-resilient-pubsub/client";
import { resolveOptions } from "../../src/client/options.ts";
import { ResilientPubSubClient as BrowserClient } from "../../src/client/resilient-pubsub-client.ts";
import { afterTest } from "../support/clean-up.ts";

class SomeWebSocket {}
const webSocket = SomeWebSocket as never;

const invalid = expect.objectContaining({ code: "ERR_INVALID_OPTIONS" });

function errorOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

it("the defaults of the options are those of the docs", () => {
  expect(resolveOptions({ webSocket })).toEqual({
    protocol: "json.reliable.webpubsub.azure.v1",
    autoRejoinGroups: true,
    keepAliveIntervalInMs: 5000,
    keepAliveTimeoutInMs: 10_000,
    negotiateTimeoutInMs: 5000,
    handshakeTimeoutInMs: 5000,
    recoveryTimeoutInMs: 30_000,
    reconnectSpreadInMs: 1000,
    retryDelayInMs: 500,
    maxRetryDelayInMs: 15_000,
    callTimeoutInMs: 30_000,
    maxQueuedCalls: 1000,
    maxQueuedCharacters: 4 * 1024 * 1024,
    negotiateRequest: undefined,
    webSocket,
  });
});

describe("an option is refused that", () => {
  it.each<[string, object, string]>([
    ["is negative", { reconnectSpreadInMs: -1 }, "reconnectSpreadInMs"],
    ["is NaN", { callTimeoutInMs: Number.NaN }, "callTimeoutInMs"],
    ["is a string", { handshakeTimeoutInMs: "5000" }, "handshakeTimeoutInMs"],
    ["is more than a timer takes", { negotiateTimeoutInMs: 2 ** 31 }, "negotiateTimeoutInMs"],
    ["would be no time at all", { negotiateTimeoutInMs: 0 }, "negotiateTimeoutInMs"],
    ["is infinite", { recoveryTimeoutInMs: Number.POSITIVE_INFINITY }, "recoveryTimeoutInMs"],
    ["stands in another", { reconnectRetryOptions: { retryDelayInMs: 0 } }, "retryDelayInMs"],
    ["would give up before it asks", { keepAliveTimeoutInMs: 5000 }, "keepAliveTimeoutInMs"],
    ["names an unknown protocol", { protocol: "mqtt" }, "protocol"],
  ])("%s", (_, options, name) => {
    const error = errorOf(() => resolveOptions({ webSocket, ...options }));
    expect(error).toEqual(invalid);
    expect((error as Error).message).toContain(`Option ${name} must be`);
  });
});

describe("a negotiate is refused that", () => {
  it.each<[string, unknown]>([
    ["is not there", undefined],
    ["is null", null],
    ["is a number", 5],
    ["is empty", ""],
    ["is an object", { getClientAccessUrl: async () => "wss://east.example" }],
    ["is a promise", Promise.resolve("/negotiate")],
    ["is an empty list", []],
    ["is a list with something else in it", ["https://east.example/negotiate", undefined]],
    ["has a password in it", "https://ada:secret@east.example/negotiate"],
    ["has no host, and there is no page to give it one", "/negotiate"],
    [
      "is what the service's own client takes",
      "wss://east.example/client/hubs/chat?access_token=secret",
    ],
    ["cannot be fetched", "file:///negotiate"],
  ])("%s", (_, negotiate) => {
    const error = errorOf(() => new ResilientPubSubClient(negotiate as string));
    expect(error).toEqual(invalid);
    expect(error).toBeInstanceOf(PubSubClientError);
    expect((error as Error).message).not.toContain("secret");
  });

  it.each<[string, unknown]>([
    ["is undefined", undefined],
    ["is null", null],
    ["is a number", 42],
    ["is empty", ""],
    ["is an object", {}],
  ])("%s, in a page, where a relative URL would do", (_, negotiate) => {
    Object.assign(globalThis, { document: { baseURI: "https://app.example/page/" } });
    afterTest(() => Reflect.deleteProperty(globalThis, "document"));
    expect(errorOf(() => new ResilientPubSubClient(negotiate as string))).toEqual(invalid);
    new ResilientPubSubClient("negotiate");
  });
});

describe("the WebSocket", () => {
  it("the WebSocket in Node is that of the ws package, even when the option is given as undefined", () => {
    const options = { webSocket: undefined } as object;
    expect(() => new ResilientPubSubClient("http://east.example/", options)).not.toThrow();
  });

  it("the WebSocket option is required where the platform has no WebSocket", () => {
    const platform = globalThis as { WebSocket?: unknown };
    const { WebSocket } = platform;
    delete platform.WebSocket;
    try {
      expect(errorOf(() => new BrowserClient("http://east.example/"))).toEqual(invalid);
    } finally {
      if (WebSocket) platform.WebSocket = WebSocket;
    }
  });
});
