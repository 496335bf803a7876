import type { WebSocketLike } from "express-resilient-pubsub/client";
import { afterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";

/** What a page has of the DOM here; each test has its own. */
let page = new EventTarget();
const scope = globalThis as { document?: unknown };

class Socket implements WebSocketLike {
  readyState = 0;
  onopen = null;
  onmessage = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  send(): void {}
  close(): void {
    this.readyState = 3;
  }

  fail(): void {
    this.readyState = 3;
    this.onerror?.({ type: "error" } as never);
  }

  failAndClose(): void {
    this.fail();
    this.onclose?.({ code: 1006 } as never);
  }
}

/** Chromium 147: an error event, closed before, and no close event. */
class ErrorOnly extends Socket {
  constructor() {
    super();
    setTimeout(() => this.fail());
  }
}

/** The older ones, and pages that may not use `ws:`. */
class Throwing extends Socket {
  constructor() {
    super();
    throw new DOMException(
      "An insecure WebSocket connection may not be initiated.",
      "SecurityError",
    );
  }
}

const violation = (blockedURI: string, more: object = {}) =>
  Object.assign(new Event("securitypolicyviolation"), {
    effectiveDirective: "connect-src",
    disposition: "enforce",
    blockedURI,
    ...more,
  });

/** A socket that fails as any other, while the page tells of a violation. */
const telling = (event: () => Event) =>
  class extends Socket {
    constructor() {
      super();
      const own = page;
      setTimeout(() => {
        own.dispatchEvent(event());
        this.failAndClose();
      });
    }
  };

const url = "wss://east.example/client/hubs/chat?access_token=s3cret";

/** The first two attempts of a client in a page. */
async function attempts(webSocket: new () => WebSocketLike) {
  page = new EventTarget();
  Object.assign(globalThis, { document: page });
  afterTest(() => void delete scope.document);
  const asked: string[] = [];
  const { client, events } = makeClient(
    ({ failed }) => {
      asked.push(failed.join());
      return { url, endpoint: "eastus" };
    },
    { webSocket },
  );
  const starting = client.start().catch(() => {});
  await until(() => asked.length >= 2);
  client.stop();
  await starting;
  return { asked: asked.slice(0, 2), error: events["connect-failed"][0]?.error };
}

describe("a connection that the page forbids fails at once, says so, and blames no endpoint:", () => {
  it.each<[string, new () => WebSocketLike]>([
    ["an error without a close", ErrorOnly],
    ["a SecurityError", Throwing],
    ["a violation of this URL", telling(() => violation(url))],
    ["a violation of its origin", telling(() => violation("wss://east.example"))],
    ["a violation of its scheme", telling(() => violation("wss"))],
  ])("%s", async (_, webSocket) => {
    const { asked, error } = await attempts(webSocket);
    expect(error?.message).toBe(
      "The connection to eastus was forbidden by the page (Content Security Policy, connect-src).",
    );
    expect(asked).toEqual(["", ""]);
  });
});

describe("a connection that fails counts against its endpoint, although the page tells of", () => {
  it.each<[string, Event]>([
    ["nothing", new Event("load")],
    ["a violation of another URL", violation("wss://west.example")],
    ["a violation of something else", violation("", { effectiveDirective: "script-src" })],
    ["a violation that is only reported", violation(url, { disposition: "report" })],
  ])("%s", async (_, event) => {
    const { asked, error } = await attempts(telling(() => event));
    expect(error).toMatchObject({ closeCode: 1006 });
    expect(asked).toEqual(["", "eastus"]);
  });
});

it("a connection that fails while the browser has no network does not count against its endpoint", async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator") ?? { configurable: true };
  const offline = { value: { onLine: false }, configurable: true };
  Object.defineProperty(globalThis, "navigator", offline);
  afterTest(() => void Object.defineProperty(globalThis, "navigator", before));
  const { asked, error } = await attempts(telling(() => new Event("load")));
  expect(error).toMatchObject({ closeCode: 1006, isEndpointSuspect: false });
  expect(asked).toEqual(["", ""]);
});
