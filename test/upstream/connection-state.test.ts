import { once } from "node:events";
import type { UpstreamOptions } from "express-resilient-pubsub";
import WebSocket from "ws";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";
import type { EventRequest } from "../support/upstream-request.ts";
import { setUp } from "./support/upstream-regions.ts";

const connect: EventRequest = {
  type: "sys.connect",
  contentType: "application/json",
  body: "{}",
};

// biome-ignore lint/suspicious/noExplicitAny: the responses of both handlers
type AnyResponse = any;

const handlers = {
  handleConnect: connect,
  handleUserEvent: {},
} as const satisfies Record<string, EventRequest>;
type Name = keyof typeof handlers;

const setting = (name: Name, state: unknown, answer: (res: AnyResponse) => void) =>
  ({
    [name]: (_req: unknown, res: AnyResponse) => {
      res.setState("cart", state);
      answer(res);
    },
  }) as UpstreamOptions;

describe("a state that no later event could carry is said, with the limit and the remedy:", () => {
  const large = "x".repeat(6000);
  it.each<[string, Name, (res: AnyResponse) => void]>([
    ["of a connect handler", "handleConnect", (res) => res.success()],
    [
      "of a connect handler that answers more",
      "handleConnect",
      (res) => res.success({ userId: "a" }),
    ],
    ["of a user event handler", "handleUserEvent", (res) => res.success("fine", "text")],
    [
      "of one that answers later",
      "handleUserEvent",
      (res) => void setTimeout(() => res.success(), 5),
    ],
  ])("%s", async (_, name, answer) => {
    const { post, errors } = await setUp(setting(name, large, answer));
    const { status, body, headers } = await post(handlers[name]);
    expect([status, body.code]).toEqual([500, "ERR_HANDLER_FAILED"]);
    expect(headers.get("ce-connectionstate")).toBeNull();
    expect(errors).toEqual([
      {
        handler: `upstream.${name}`,
        error: expect.objectContaining({
          code: "ERR_STATE_TOO_LARGE",
          message: expect.stringMatching(/80\d\d characters.*8000 are the most.*store of your own/),
        }),
      },
    ]);
    expect(JSON.stringify(errors)).not.toContain("xxx");
  });

  it("but not when the handler refuses the event", async () => {
    const refuse = (res: AnyResponse) => res.fail(400, "no");
    const { post, errors } = await setUp(setting("handleUserEvent", large, refuse));
    expect(await post()).toMatchObject({ status: 400, body: "no" });
    expect(errors).toEqual([]);
  });
});

describe.each(["handleConnect", "handleUserEvent"] as const)(
  "a state that is no JSON fails the event of %s, and not the process,",
  (name) => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    it.each<[string, unknown, (res: AnyResponse) => void]>([
      ["when it is a bigint", 1n, (res) => res.success()],
      ["when it holds itself", cyclic, (res) => res.success()],
      ["also in a callback of its own", 1n, (res) => void setTimeout(() => res.success(), 5)],
    ])("%s", async (_, state, answer) => {
      const { post, errors } = await setUp(setting(name, state, answer));
      expect((await post(handlers[name])).status).toBe(500);
      expect(errors).toEqual([{ handler: `upstream.${name}`, error: expect.any(TypeError) }]);
      expect(
        (await post({ type: "sys.connected", contentType: "application/json", body: "{}" })).status,
      ).toBe(200);
    });
  },
);

it("the largest state that is taken comes back with every later event, through the service", async () => {
  const cart = "x".repeat(5980);
  const seen: unknown[] = [];
  const { pubsub, eastus, url, errors } = await setUp({
    handleConnect: (_req, res) => {
      res.setState("cart", cart);
      res.success();
    },
    onConnected: (req) => void seen.push(req.context.states.cart),
  });
  const urlTemplate = `${url}/api/webpubsub/hubs/{hub}/`;
  eastus.setHub("chat", {
    eventHandlers: [{ urlTemplate, systemEvents: ["connect", "connected"] }],
  });
  await pubsub.ready();
  const token = await pubsub.getClientAccessToken();
  const socket = closeAfterTest(new WebSocket(token.url, "json.webpubsub.azure.v1"));
  await once(socket, "message");
  await until(() => seen.length > 0);
  expect([seen, errors]).toEqual([[cart], []]);
});
