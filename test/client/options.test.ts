import { PubSubClientError, ResilientPubSubClient } from "express-resilient-pubsub/client";
import { readNegotiateUrls } from "../../src/client/negotiate-urls.ts";
import { resolveOptions } from "../../src/client/options.ts";
import { ResilientPubSubClient as BrowserClient } from "../../src/client/resilient-pubsub-client.ts";

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
    autoReconnect: true,
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

const retry = (reconnectRetryOptions: unknown) => ({ reconnectRetryOptions });

describe("an option is refused that", () => {
  it.each<[string, object, string]>([
    ["is negative", { reconnectSpreadInMs: -1 }, "reconnectSpreadInMs"],
    ["is NaN", { callTimeoutInMs: Number.NaN }, "callTimeoutInMs"],
    ["is a string", { handshakeTimeoutInMs: "5000" }, "handshakeTimeoutInMs"],
    ["is more than a timer takes", { negotiateTimeoutInMs: 2 ** 31 }, "negotiateTimeoutInMs"],
    ["would be no time at all", { negotiateTimeoutInMs: 0 }, "negotiateTimeoutInMs"],
    ["is infinite", { recoveryTimeoutInMs: Number.POSITIVE_INFINITY }, "recoveryTimeoutInMs"],
    ["is null", { callTimeoutInMs: null }, "callTimeoutInMs"],
    ["stands in another", retry({ retryDelayInMs: 0 }), "reconnectRetryOptions.retryDelayInMs"],
    ["holds others, and is null", retry(null), "reconnectRetryOptions"],
    ["holds others, and is a list", retry([]), "reconnectRetryOptions"],
    ["would give up before it asks", { keepAliveTimeoutInMs: 5000 }, "keepAliveTimeoutInMs"],
    ["names an unknown protocol", { protocol: "mqtt" }, "protocol"],
    ["is a word in place of a flag", { autoRejoinGroups: "no" }, "autoRejoinGroups"],
    ["is a number in place of a flag", { autoReconnect: 0 }, "autoReconnect"],
    ["is a word in place of a request", { negotiateRequest: "POST" }, "negotiateRequest"],
    ["is headers in place of a request", { negotiateRequest: new Headers() }, "negotiateRequest"],
    [
      "is a request that was made",
      { negotiateRequest: new Request("http://a/") },
      "negotiateRequest",
    ],
    ["is an object in place of a class", { webSocket: {} }, "webSocket"],
  ])("%s", (_, options, name) => {
    const error = errorOf(() => resolveOptions({ webSocket, ...options }));
    expect(error).toEqual(invalid);
    expect((error as Error).message).toContain(`Option ${name} must be`);
  });

  it.each<[string, object, string]>([
    ["is misspelt", { keepaliveIntervalInMs: 1000 }, "keepaliveIntervalInMs"],
    ["is misspelt, and undefined", { autoReconect: undefined }, "autoReconect"],
    ["stands outside of another", { retryDelayInMs: 1 }, "retryDelayInMs"],
    ["another client has", retry({ maxRetries: 1 }), "reconnectRetryOptions.maxRetries"],
  ])("is unknown: it %s", (_, options, name) => {
    const error = errorOf(() => resolveOptions({ webSocket, ...options }));
    expect(error).toEqual(invalid);
    expect((error as Error).message).toContain(`Option ${name} is unknown; there are `);
  });

  it("may be a secret, without being quoted", () => {
    const options = { protocol: "s3cret", negotiateRequest: "s3cret" } as never;
    expect((errorOf(() => resolveOptions(options)) as Error).message).not.toContain("s3cret");
  });
});

describe("options are refused that", () => {
  it.each<[string, unknown]>([
    ["are null", null],
    ["are a function", () => {}],
    ["are a text", "no"],
    ["are a list", [1]],
  ])("%s", (_, options) => {
    for (const Client of [ResilientPubSubClient, BrowserClient]) {
      expect(errorOf(() => new Client("http://east.example/", options as never))).toEqual(invalid);
    }
  });
});

const notUrls: [string, unknown][] = [
  ["is not there", undefined],
  ["is null", null],
  ["is a number", 5],
  ["is empty", ""],
  ["is blank", " "],
  ["is an empty list", []],
  ["is a list with something else in it", ["http://east.example/", undefined]],
  ["is a promise of a URL", Promise.resolve("/negotiate")],
  ["is a credential of the service's own client", { getClientAccessUrl: () => "wss://x" }],
  [
    "is what the service's own client takes",
    "wss://east.example/client/hubs/chat?access_token=secret",
  ],
  ["cannot be fetched", "file:///negotiate"],
  ["has a user and a password", "https://ada:secret@east.example/negotiate"],
  ["has a user in a list", ["https://east.example/", new URL("https://secret@east.example/")]],
];

describe("a negotiate is refused that", () => {
  it.each<[string, unknown]>([
    ...notUrls,
    ["has no host, and there is no page to give it one", "/negotiate"],
  ])("%s", (_, negotiate) => {
    const error = errorOf(() => new ResilientPubSubClient(negotiate as string));
    expect(error).toEqual(invalid);
    expect(error).toBeInstanceOf(PubSubClientError);
    expect((error as Error).message).not.toContain("secret");
  });
});

type Scope = { document?: unknown; location?: unknown };

/** In a page or a worker, as far as URLs go. */
function inScope<T>(scope: Scope, action: () => T): T {
  const globals = globalThis as Scope;
  Object.assign(globals, scope);
  try {
    return action();
  } finally {
    for (const name of Object.keys(scope) as (keyof Scope)[]) delete globals[name];
  }
}

describe("in a page", () => {
  const page = { document: { baseURI: "https://app.example/app/" } };

  it.each(notUrls)("a negotiate is refused that %s", (_, negotiate) => {
    const make = () => new BrowserClient(negotiate as string);
    expect(inScope(page, () => errorOf(make))).toEqual(invalid);
  });

  it.each<[string, Scope, unknown, unknown]>([
    ["of a page", page, "negotiate", ["https://app.example/app/negotiate"]],
    [
      "of a worker",
      { location: { href: "https://app.example/worker.js", origin: "https://app.example" } },
      "/negotiate",
      ["https://app.example/negotiate"],
    ],
    [
      "of a worker made of a blob",
      { location: { href: "blob:https://app.example/1-2", origin: "https://app.example" } },
      "/negotiate",
      ["https://app.example/negotiate"],
    ],
    [
      "of several app servers",
      page,
      ["/negotiate", new URL("https://west.example/negotiate")],
      ["https://app.example/negotiate", "https://west.example/negotiate"],
    ],
  ])("the URLs %s are made absolute", (_, scope, negotiate, urls) => {
    expect(inScope(scope, () => readNegotiateUrls(negotiate))).toEqual(urls);
  });
});

describe("the WebSocket", () => {
  it("the WebSocket in Node is that of the ws package, even when the option is given as undefined", () => {
    const options = { webSocket: undefined } as object;
    expect(() => new ResilientPubSubClient("http://east.example/", options)).not.toThrow();
  });

  it("where the platform has no WebSocket, a client can be made, and start asks for one", async () => {
    const platform = globalThis as { WebSocket?: unknown };
    const { WebSocket } = platform;
    delete platform.WebSocket;
    try {
      const client = new BrowserClient("http://east.example/");
      await expect(client.start()).rejects.toEqual(invalid);
      expect(client.state).toBe("stopped");
    } finally {
      if (WebSocket) platform.WebSocket = WebSocket;
    }
  });
});
