import { WebPubSubClient } from "@azure/web-pubsub-client";
import { readEventHeaders } from "../../src/upstream/event-headers.ts";
import { connectClient } from "../support/official-client.ts";
import { until } from "../support/until.ts";
import { accessKeyOf, digest } from "../support/upstream-request.ts";
import { setUp } from "./support/upstream-regions.ts";

/** As Node hands on the bytes of a header: one character each. */
const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

const required = {
  "ce-type": "azure.webpubsub.user.echo",
  "ce-connectionid": "connection-1",
  "webhook-request-origin": "a.example",
};

const read = (name: string, value: string): unknown =>
  readEventHeaders({ ...required, [name]: value }).all[name];

describe("a header of an event is read as UTF-8:", () => {
  it.each([
    ["Latin letters", "josé"],
    ["two that look like one in another encoding", "Ã©"],
    ["Japanese", "日本語"],
    ["emoji of several parts", "👩‍👩‍👧 🇫🇷"],
    ["a byte order mark, which makes another user", "\ufeffada"],
    ["letters with marks of their own", "e\u0301"],
    ["characters that print nothing", "a\u0085b\u202ec"],
    ["percent signs, which mean themselves", "jos%C3%A9 100%"],
    ["ASCII", "ada <ada@example.com>"],
  ])("%s", (_, text) => {
    for (const name of ["ce-userid", "ce-eventname", "ce-subprotocol", "ce-source"]) {
      expect(read(name, bytesOf(text))).toBe(text);
    }
  });

  it.each([
    ["is no UTF-8", "jos\u00e9"],
    ["is cut off", bytesOf("日本").slice(0, -1)],
    ["encodes half a character", "\u00ed\u00a0\u0080"],
    ["is longer than it need be", "\u00c0\u00af"],
    ["has been decoded by whoever injected the request", "日本 josé"],
  ])("one that %s stays as it is", (_, value) => {
    expect(read("ce-userid", value)).toBe(value);
  });

  it("other headers are left alone", () => {
    expect(read("x-own", bytesOf("josé"))).toBe(bytesOf("josé"));
  });
});

describe("a connection's id", () => {
  it("is read as UTF-8 as well, and its signature is good", async () => {
    const { post, eastus, calls } = await setUp();
    const id = "verbindung-ü😀";
    const headers = {
      "ce-connectionId": bytesOf(id),
      "ce-signature": `sha256=${digest(accessKeyOf(eastus), id)}`,
    };
    expect((await post({ headers })).status).toBe(200);
    expect(calls).toEqual(["hello"]);
  });

  it("that is longer than any of the service's is refused", async () => {
    const { post, calls } = await setUp();
    const answer = await post({ connectionId: "a".repeat(257) });
    expect(answer).toMatchObject({ status: 400, body: { code: "ERR_MALFORMED_HEADER" } });
    expect(calls).toEqual([]);
  });
});

describe("any user id makes the round trip through the service with Microsoft's own client:", () => {
  it.each([
    ["josé"],
    ["日本語"],
    ["👩‍👩‍👧"],
    ["Ã©"],
    ["\ufeffada"],
    ["100% a+b=c&d?e#f\\h\"i'j"],
    ["jos%C3%A9"],
  ])("%s", async (userId) => {
    const heard: unknown[] = [];
    const { pubsub, eastus, url } = await setUp({
      handleConnect: (_req, res) => {
        res.setState("user", userId);
        res.success();
      },
      handleUserEvent: async (req, res) => {
        heard.push(req.context.userId, req.context.states.user);
        await pubsub.sendToUser(req.context.userId as string, "for you", {
          contentType: "text/plain",
        });
        res.success();
      },
    });
    eastus.setHub("chat", {
      eventHandlers: [
        {
          urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`,
          systemEvents: ["connect"],
          userEventPattern: "*",
        },
      ],
    });
    await pubsub.ready();
    const token = await pubsub.getClientAccessToken({ userId });
    const { client, received } = await connectClient(token.url);
    expect(client).toBeInstanceOf(WebPubSubClient);
    await client.sendEvent("hello", "x", "text");
    await until(() => received.length > 0);
    expect(received).toEqual(["for you"]);
    expect(heard).toEqual([userId, userId]);
    expect(await pubsub.userExists(userId)).toBe(true);
  });
});

describe("a state that setState has not written", () => {
  it.each([
    ["text", "opaque"],
    ["JSON that is no object", Buffer.from("7").toString("base64")],
    ["bytes", bytesOf("日本")],
  ])("is none to the handlers, and nothing is written to the console: %s", async (_, state) => {
    const warn = jest.spyOn(console, "warn").mockImplementation(() => {});
    const states: unknown[] = [];
    const { post } = await setUp({
      handleUserEvent: (req, res) => {
        states.push(req.context.states);
        res.success();
      },
    });
    expect((await post({ headers: { "ce-connectionState": state } })).status).toBe(200);
    expect(states).toEqual([{}]);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});
