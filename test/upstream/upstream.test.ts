import { connect } from "node:net";
import express, { type Express } from "express";
import type { UpstreamOptions } from "express-resilient-pubsub";
import { fetchAnswer, startWorld } from "../support/regions.ts";
import {
  accessKeyOf,
  digest,
  type EventRequest,
  eventRequest,
} from "../support/upstream-request.ts";

const PATH = "/api/webpubsub/hubs/chat/";

/** An app server whose handlers note what they were given. */
async function setUp(upstream: UpstreamOptions = {}, prepare?: (app: Express) => void) {
  const calls: unknown[] = [];
  const errors: { handler: string; error: unknown }[] = [];
  const world = await startWorld({
    upstream: {
      handleUserEvent: (req, res) => {
        calls.push(req.data);
        res.success(`heard ${String(req.data)}`, "text");
      },
      ...upstream,
    },
    ...(prepare && { prepare }),
  });
  world.pubsub.events.on("handlerError", (event) => void errors.push(event));
  const post = (event: EventRequest = {}, from = world.eastus, path = PATH) =>
    fetchAnswer(world.url + path, eventRequest(from, event));
  return { ...world, calls, errors, post };
}

describe("the validation handshake", () => {
  const validate = (url: string, origin: string | null, path = PATH) =>
    fetchAnswer(url + path, {
      method: "OPTIONS",
      headers: { "ce-awpsversion": "1.0", ...(origin && { "WebHook-Request-Origin": origin }) },
    });

  it("admits the hosts of the configured endpoints, in any case, one header line", async () => {
    const { url, eastus, westus } = await setUp();
    for (const { endpoint } of [eastus, westus]) {
      const { host } = new URL(endpoint);
      const { status, headers } = await validate(url, host.toUpperCase());
      expect(status).toBe(200);
      expect(headers.get("webhook-allowed-origin")).toBe(host);
    }
  });

  it("is recognised by the origin alone, and an origin may come without its port", async () => {
    const { url, post } = await setUp();
    const headers = { "WebHook-Request-Origin": "127.0.0.1" };
    const answer = await fetchAnswer(url + PATH, { method: "OPTIONS", headers });
    expect(answer.headers.get("webhook-allowed-origin")).toBe("127.0.0.1");
    expect((await post({ headers: { ...headers, "ce-awpsversion": null } })).status).toBe(200);
  });

  it("admits allowedOrigins, and of several origins those that it knows", async () => {
    const { url, eastus } = await setUp({ allowedOrigins: ["https://PubSub.example.com/"] });
    const { host } = new URL(eastus.endpoint);
    const { headers } = await validate(url, `evil.example, pubsub.example.com, ${host}`);
    expect(headers.get("webhook-allowed-origin")).toBe(`pubsub.example.com, ${host}`);
  });

  it.each([
    ["another host: 403", "evil.example", 403, "ERR_ORIGIN_NOT_ALLOWED"],
    ["a host that ends alike: 403", "evil127.0.0.1", 403, "ERR_ORIGIN_NOT_ALLOWED"],
    ["no origin: 400", null, 400, "ERR_MISSING_HEADER"],
  ])("refuses %s", async (_, origin, status, code) => {
    const { url } = await setUp();
    const answer = await validate(url, origin);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.headers.get("webhook-allowed-origin")).toBeNull();
  });

  it("leaves a browser's preflight to the application", async () => {
    const { url, app } = await setUp();
    app.options(PATH, (_req, res) => void res.status(204).set("x-own", "yes").end());
    const { headers } = await fetchAnswer(url + PATH, { method: "OPTIONS" });
    expect(headers.get("x-own")).toBe("yes");
  });

  it("works at a path of one's own and below it, where event names are put", async () => {
    const { url, eastus } = await setUp({ path: "/hooks/{hub}" });
    const { host } = new URL(eastus.endpoint);
    for (const path of ["/hooks/chat", "/hooks/chat/", "/hooks/chat/validate", "/HOOKS/chat/x"]) {
      expect((await validate(url, host, path)).status).toBe(200);
    }
    expect((await validate(url, host, "/hooks/chatter")).status).toBe(404);
  });
});

describe("an event is answered", () => {
  it.each<[string, EventRequest, unknown]>([
    ["as text", { body: "hi" }, "heard hi"],
    ["as JSON", { contentType: "application/json; charset=utf-8", body: '"hi"' }, "heard hi"],
    ["as bytes", { contentType: "application/octet-stream", body: "hi" }, "heard hi"],
    ["with an empty body", { body: "" }, "heard "],
  ])("given %s", async (_, event, expected) => {
    const { post } = await setUp();
    expect(await post(event)).toMatchObject({ status: 200, body: expected });
  });

  it("with the state that the handler sets", async () => {
    const { post } = await setUp({
      handleConnect: async (_req, res) => {
        await Promise.resolve();
        res.setState("seen", 1);
        res.success({ userId: "grace", roles: ["webpubsub.sendToGroup"] });
      },
    });
    const { status, headers, body } = await post({
      type: "sys.connect",
      contentType: "application/json",
      body: "{}",
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: { userId: "grace", roles: ["webpubsub.sendToGroup"] },
    });
    const state = Buffer.from(headers.get("ce-connectionstate") ?? "", "base64").toString();
    expect(JSON.parse(state)).toEqual({ seen: 1 });
  });

  it("204 when a connect handler just agrees, and 200 when there is none", async () => {
    const connect = { type: "sys.connect", contentType: "application/json", body: "{}" };
    const { post } = await setUp({ handleConnect: (_req, res) => res.success() });
    expect((await post(connect)).status).toBe(204);
    const { post: postToOther } = await setUp();
    expect((await postToOther(connect)).status).toBe(200);
  });

  it("as the handler refuses it", async () => {
    const { post } = await setUp({ handleUserEvent: (_req, res) => res.fail(401, "not you") });
    expect(await post()).toMatchObject({ status: 401, body: "not you" });
  });

  it("by a handler that answers after it has returned", async () => {
    const { post } = await setUp({
      handleUserEvent: (_req, res) => void setTimeout(() => res.success("later", "text"), 20),
    });
    expect(await post()).toMatchObject({ status: 200, body: "later" });
  });

  it.each([
    ["connected", "sys.connected", "onConnected"],
    ["disconnected", "sys.disconnected", "onDisconnected"],
    ["group joined", "gp.joined", "onGroupJoined"],
    ["group left", "gp.left", "onGroupLeft"],
  ])("when it is the notification %s", async (_, type, handler) => {
    const heard: string[] = [];
    const { post } = await setUp({
      [handler]: async (req: { context: { userId: string } }) => heard.push(req.context.userId),
    });
    expect((await post({ type, contentType: "application/json", body: "{}" })).status).toBe(200);
    expect(heard).toEqual(["ada"]);
  });
});

describe("it makes no difference whether a body parser ran first:", () => {
  it.each<[string, (app: Express) => void]>([
    ["none", () => {}],
    ["express.json()", (app) => app.use(express.json({ strict: false }))],
    ["express.text()", (app) => app.use(express.text({ type: () => true }))],
    ["express.raw()", (app) => app.use(express.raw({ type: () => true }))],
    [
      "express.json() and urlencoded()",
      (app) => app.use(express.json({ strict: false }), express.urlencoded({ extended: false })),
    ],
  ])("%s", async (_, prepare) => {
    const heard: unknown[] = [];
    const handleUserEvent: UpstreamOptions["handleUserEvent"] = (req, res) => {
      heard.push(req.dataType === "binary" ? new Uint8Array(req.data as ArrayBuffer) : req.data);
      res.success();
    };
    const { post } = await setUp({ handleUserEvent }, prepare);
    await post({ contentType: "application/json", body: '{"a":[1,"ä"]}' });
    await post({ contentType: "text/plain", body: "plain ä" });
    await post({ contentType: "application/octet-stream", body: new Uint8Array([0, 255]) });
    expect(heard[0]).toEqual({ a: [1, "ä"] });
    expect(heard[1]).toBe("plain ä");
    await post({ contentType: "application/json", body: '"bare ä"' });
    expect(heard[3]).toBe("bare ä");
    if (prepare.toString().includes("text")) return;
    expect([...(heard[2] as Uint8Array)]).toEqual([0, 255]);
  });

  it("what a parser let through but cannot be written down again is malformed", async () => {
    const { post } = await setUp({}, (app) => app.use(express.json()));
    const body = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const answer = await post({ contentType: "application/json", body });
    expect(answer).toMatchObject({ status: 400, body: { code: "ERR_MALFORMED_BODY" } });
  });

  it("a parser that keeps nothing is named, and nothing hangs", async () => {
    const { post } = await setUp({}, (app) =>
      app.use((req, _res, next) => void req.resume().on("end", () => next())),
    );
    expect(await post()).toMatchObject({ status: 500, body: { code: "ERR_BODY_CONSUMED" } });
  });
});

describe("an event is refused, and no handler called, when", () => {
  const other = digest("another key", "connection-1");
  it.each<[string, EventRequest, number, string]>([
    ["it has no signature", { headers: { "ce-signature": null } }, 401, "ERR_INVALID_SIGNATURE"],
    [
      "it is signed with another key",
      { headers: { "ce-signature": `sha256=${other}` } },
      401,
      "ERR_INVALID_SIGNATURE",
    ],
    [
      "the signature is of another connection",
      { headers: { "ce-connectionId": "connection-2" } },
      401,
      "ERR_INVALID_SIGNATURE",
    ],
    [
      "the signature is nonsense",
      { headers: { "ce-signature": "sha256=xyz,,sha256=,;=" } },
      401,
      "ERR_INVALID_SIGNATURE",
    ],
    [
      "it comes from an unknown host",
      { headers: { "WebHook-Request-Origin": "evil.example" } },
      403,
      "ERR_ORIGIN_NOT_ALLOWED",
    ],
    [
      "it names no origin",
      { headers: { "WebHook-Request-Origin": null } },
      400,
      "ERR_MISSING_HEADER",
    ],
    ["it has no type", { headers: { "ce-type": null } }, 400, "ERR_MISSING_HEADER"],
    [
      "it has no connection id",
      { headers: { "ce-connectionId": null } },
      400,
      "ERR_MISSING_HEADER",
    ],
    ["it is for another hub", { headers: { "ce-hub": "news" } }, 404, "ERR_UNKNOWN_HUB"],
    ["it names no hub", { headers: { "ce-hub": null } }, 404, "ERR_UNKNOWN_HUB"],
    [
      "its type is unknown",
      { type: "sys.exploded", contentType: "application/json", body: "{}" },
      415,
      "ERR_UNSUPPORTED_EVENT",
    ],
    ["its content type is unknown", { contentType: "image/png" }, 415, "ERR_UNSUPPORTED_EVENT"],
    [
      "its JSON is malformed",
      { contentType: "application/json", body: '{"a":' },
      400,
      "ERR_MALFORMED_BODY",
    ],
    ...["", "null", "[]", "7", "{"].map((body): [string, EventRequest, number, string] => [
      `a system event's body is ${JSON.stringify(body)}`,
      { type: "sys.connect", contentType: "application/json", body },
      400,
      "ERR_MALFORMED_BODY",
    ]),
    [
      "its body is larger than the service's limit",
      { body: "x".repeat(1024 * 1024 + 1) },
      413,
      "ERR_BODY_TOO_LARGE",
    ],
    [
      "its body claims to be compressed and is not",
      { headers: { "Content-Encoding": "gzip" } },
      400,
      "ERR_MALFORMED_BODY",
    ],
    [
      "its body is compressed in an unknown way",
      { headers: { "Content-Encoding": "zstandard" } },
      415,
      "ERR_MALFORMED_BODY",
    ],
  ])("%s", async (_, event, status, code) => {
    const { post, calls, errors } = await setUp({ handleConnect: (_req, res) => res.success() });
    const { headers, body, ...answer } = await post(event);
    expect({ ...answer, code: body.code }).toEqual({ status, code });
    expect(headers.get("content-type")).toMatch("application/problem+json");
    expect(JSON.stringify(body)).not.toMatch(/another key|evil/);
    // The connection is not wedged: the next event is handled.
    expect((await post()).status).toBe(200);
    expect(calls).toEqual(["hello"]);
    expect(errors).toEqual([]);
  });

  it.each([
    ["is cut off", "Content-Length: 100", "half"],
    ["has a broken chunk", "Transfer-Encoding: chunked", "zz\r\n"],
  ])("its body %s", async (_, framing, body) => {
    const { url, eastus, calls, post } = await setUp({
      authorize: () => new Promise((resolve) => setTimeout(resolve, 20, true)),
    });
    const headers = (eventRequest(eastus, {}).headers as [string, string][]).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => {});
    const lines = [`POST ${PATH} HTTP/1.1`, "Host: a", framing, ...headers, "", body];
    socket.write(lines.join("\r\n"), () => setTimeout(() => socket.destroy(), 5));
    await new Promise((resolve) => socket.on("close", resolve));
    expect((await post({ body: "next" })).status).toBe(200);
    expect(calls).toEqual(["next"]);
  });

  it("it is for a path that no hub is mounted at", async () => {
    const { post, eastus } = await setUp();
    expect((await post({}, eastus, "/api/webpubsub/hubs/news/")).status).toBe(404);
  });
});

describe("the sender is known by", () => {
  it.each([
    ["the first digest", (key: string) => `sha256=${key},sha256=${"0".repeat(64)}`],
    ["the second digest", (key: string) => `sha256=${"0".repeat(64)},sha256=${key}`],
    ["a digest in capitals", (key: string) => `sha256=${key.toUpperCase()}`],
    ["a digest after white space", (key: string) => `sha256=${"0".repeat(64)}, sha256=${key}`],
  ])("%s", async (_, header) => {
    const { post, eastus } = await setUp();
    const signature = header(digest(accessKeyOf(eastus), "connection-1"));
    expect((await post({ headers: { "ce-signature": signature } })).status).toBe(200);
  });

  it("the key of the sending endpoint only, not that of another one", async () => {
    const { post, eastus, westus } = await setUp();
    const signature = `sha256=${digest(accessKeyOf(westus), "connection-1")}`;
    expect((await post({ headers: { "ce-signature": signature } }, eastus)).status).toBe(401);
    expect((await post({}, westus)).status).toBe(200);
  });

  it("upstream.authorize in place of a signature", async () => {
    const { post, errors } = await setUp({
      authorize: async (req) => {
        if (req.get("authorization") === "boom") throw new Error("boom");
        return req.get("authorization") === "Bearer good";
      },
    });
    const statusWith = async (authorization: string) =>
      (await post({ headers: { authorization, "ce-signature": null } })).status;
    expect(await statusWith("Bearer good")).toBe(200);
    expect(await statusWith("Bearer bad")).toBe(401);
    expect(await statusWith("boom")).toBe(500);
    expect(errors).toEqual([{ handler: "upstream.authorize", error: expect.any(Error) }]);
  });

  it("nothing, when the application says so aloud", async () => {
    const { post } = await setUp({ verifySignature: false });
    expect((await post({ headers: { "ce-signature": null } })).status).toBe(200);
  });
});

describe("a handler that fails becomes a 500 and a handlerError,", () => {
  const boom = () => {
    throw new Error("password hunter2");
  };
  const system = { contentType: "application/json", body: "{}" };
  it.each<[string, UpstreamOptions, EventRequest]>([
    ["when it throws", { handleUserEvent: boom }, {}],
    ["when it rejects", { handleUserEvent: async () => boom() }, {}],
    [
      "be it handleConnect",
      { handleConnect: async () => boom() },
      { type: "sys.connect", ...system },
    ],
    ["or onConnected", { onConnected: boom }, { type: "sys.connected", ...system }],
    [
      "or onDisconnected",
      { onDisconnected: async () => boom() },
      { type: "sys.disconnected", ...system },
    ],
  ])("%s", async (_, upstream, event) => {
    const { post, errors } = await setUp(upstream);
    const { status, body } = await post(event);
    expect({ status, code: body.code }).toEqual({ status: 500, code: "ERR_HANDLER_FAILED" });
    expect(JSON.stringify(body)).not.toContain("hunter2");
    const handler = `upstream.${Object.keys(upstream)[0]}`;
    expect(errors).toEqual([
      { handler, error: expect.objectContaining({ message: "password hunter2" }) },
    ]);
  });

  const wrongly = (answer: (res: { success: unknown; fail: unknown }) => void) =>
    ({ handleUserEvent: (_req, res) => answer(res as never) }) as UpstreamOptions;
  // biome-ignore lint/suspicious/noExplicitAny: what a handler written in JavaScript may do
  type AnyResponse = any;
  it.each<[string, UpstreamOptions]>([
    ["an object", wrongly((res: AnyResponse) => res.success({ a: 1 }, "json"))],
    ["a number", wrongly((res: AnyResponse) => res.success(5, "text"))],
    ["a status that is none", wrongly((res: AnyResponse) => res.fail(99))],
    ["a status in words", wrongly((res: AnyResponse) => res.fail("bad"))],
    ["an object later", wrongly((res: AnyResponse) => void setTimeout(() => res.success({}), 5))],
  ])("when it answers with %s, which cannot be sent", async (_, upstream) => {
    const { post, errors } = await setUp(upstream);
    expect(await post()).toMatchObject({ status: 500, body: { code: "ERR_HANDLER_FAILED" } });
    expect(errors).toEqual([{ handler: "upstream.handleUserEvent", error: expect.any(Object) }]);
  });

  it.each<[string, unknown]>([
    ["an ArrayBuffer", new Uint8Array([1, 2]).buffer],
    ["a view", new Uint16Array([513])],
    ["a Buffer", Buffer.from([1, 2])],
  ])("but may answer with %s", async (_, bytes) => {
    const { url, eastus } = await setUp({
      handleUserEvent: (_req, res) => res.success(bytes as ArrayBuffer, "binary"),
    });
    const response = await fetch(url + PATH, eventRequest(eastus, {}));
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2]);
  });

  it.each<[string, UpstreamOptions]>([
    [
      "well, and then badly",
      wrongly((res: AnyResponse) => {
        res.success("first", "text");
        res.success({}, "json");
      }),
    ],
    [
      "twice well",
      wrongly((res: AnyResponse) => {
        res.success("first", "text");
        res.fail(500);
      }),
    ],
  ])("but answers once when it does so %s", async (_, upstream) => {
    const { post } = await setUp(upstream);
    expect(await post()).toMatchObject({ status: 200, body: "first" });
    expect((await post()).status).toBe(200);
  });

  it("once when it answers badly twice", async () => {
    const { post } = await setUp(
      wrongly((res: AnyResponse) => {
        res.success({});
        res.success({});
      }),
    );
    expect((await post()).status).toBe(500);
    expect((await post()).status).toBe(500);
  });

  it("but keeps its answer when it fails after that", async () => {
    const { post, errors } = await setUp({
      handleUserEvent: (_req, res) => {
        res.success("fine", "text");
        boom();
      },
    });
    expect(await post()).toMatchObject({ status: 200, body: "fine" });
    expect(errors).toHaveLength(1);
  });
});
