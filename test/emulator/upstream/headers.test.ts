import { createHmac } from "node:crypto";
import type { EventHandlerOptions } from "../../../src/emulator/contract/emulator-options.ts";
import { ManagedIdentity } from "../../../src/emulator/upstream/managed-identity.ts";
import { until } from "../../support/until.ts";
import type { UpstreamAnswer } from "../support/app-server.ts";
import { createScene } from "../support/scene.ts";
import { createUpstream, origin } from "../support/upstream-scene.ts";

const scene = createScene();

const text = { dataType: "text", text: "hi" } as const;

async function setUp(settings: Partial<EventHandlerOptions> = {}, path = "/{event}") {
  const appServer = await scene.appServer();
  const world = createUpstream([
    {
      urlTemplate: appServer.url + path,
      systemEvents: ["connect", "connected", "disconnected"],
      userEventPattern: "*",
      ...settings,
    },
  ]);
  scene.defer(() => world.upstream.close());
  return { appServer, ...world };
}

const claimsOf = (authorization: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(authorization?.split(".")[1] ?? "", "base64url").toString());

describe("a managed identity", () => {
  const auth = { type: "managedIdentity", resource: "api://app" } as const;

  test("events and validations carry the token of a managed identity, the same all the time", async () => {
    const { appServer, open } = await setUp({ auth });
    const events = open();
    await events.userEvent("a", text);
    await events.userEvent("b", text);
    const calls = [...appServer.validations, ...(await appServer.nextEvents(2))];
    const tokens = calls.map(({ headers }) => headers.authorization);
    expect(tokens).toEqual([expect.stringMatching(/^Bearer \S+\.\S+\.\S+$/), tokens[0], tokens[0]]);
    expect(claimsOf(tokens[0])).toMatchObject({ aud: "api://app" });
  });

  test("the token of a managed identity is sent only to handlers that want it", async () => {
    const { appServer, open } = await setUp();
    await open().userEvent("a", text);
    const call = await appServer.events.take();
    expect(call.headers).not.toHaveProperty("authorization");
    expect(appServer.validations[0]?.headers).not.toHaveProperty("authorization");
  });

  const now = 1_700_000_000;

  test("looks as Entra's", async () => {
    const authorization = await new ManagedIdentity().authorizationFor("api://app", now);
    const guid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const claims = claimsOf(authorization);
    expect(claims).toMatchObject({
      aud: "api://app",
      iss: `https://sts.windows.net/${claims.tid}/`,
      iat: now,
      nbf: now,
      exp: now + 86_400,
      oid: guid,
      tid: guid,
      appid: guid,
      sub: claims.oid,
    });
  });

  test("the token of a managed identity is renewed shortly before its end, and for each resource", async () => {
    const identity = new ManagedIdentity();
    const first = await identity.authorizationFor("a", now);
    expect(await identity.authorizationFor("a", now + 86_000)).toBe(first);
    const renewed = await identity.authorizationFor("a", now + 86_200);
    expect(claimsOf(renewed)).toMatchObject({ aud: "a", iat: now + 86_200 });
    expect(claimsOf(await identity.authorizationFor("b", now))).toMatchObject({ aud: "b" });
  });
});

test("a code in the URL is told on events and on validations, and to nobody else", async () => {
  const { appServer, open, activities } = await setUp({}, "/in/{event}?code=s3cret");
  await open().userEvent("a", text);
  expect((await appServer.events.take()).url).toBe("/in/a?code=s3cret");
  expect(appServer.validations[0]?.url).toBe("/in/validate?code=s3cret");
  expect(activities).toEqual([
    {
      kind: "validation",
      url: `${appServer.url}/in/validate`,
      status: 200,
      allowedOrigins: ["*"],
      problem: undefined,
    },
    {
      kind: "event",
      hub: "chat",
      connectionId: "c",
      event: "a",
      url: `${appServer.url}/in/a`,
      status: 204,
      failure: undefined,
      durationInMs: expect.any(Number),
    },
  ]);
});

describe("what is told of an event", () => {
  test("each once, with what was answered", async () => {
    const { appServer, open, activities } = await setUp();
    const events = open();
    appServer.answer = ({ event }) => ({ status: event === "user.bad" ? 500 : 200 });
    await events.userEvent("bad", text);
    await events.userEvent("good", text);
    await appServer.close();
    await events.userEvent("lost", text);
    expect(activities.filter(({ kind }) => kind === "event")).toMatchObject([
      { event: "bad", status: 500, failure: "" },
      { event: "good", status: 200, failure: undefined },
      {
        event: "lost",
        status: undefined,
        failure: expect.stringMatching(/^The app server .+\. .+\.$/),
      },
    ]);
  });

  test.each<[string, UpstreamAnswer, string | undefined]>([
    ["a success", { body: "fine", headers: { "Content-Type": "text/plain" } }, undefined],
    ["nothing", { status: 500 }, ""],
    ["a line", { status: 400, body: "no such order" }, "no such order"],
    ["lines after empty ones", { status: 500, body: "\r\n \n Error: x\n    at y" }, "Error: x"],
    ["control characters", { status: 500, body: "a\u001b[31mb\u0000\u009b\u0007" }, "a[31mb"],
    ["what turns text around", { status: 500, body: "a\u202eb" }, "a\\u{202e}b"],
    ["no UTF-8", { status: 500, body: Buffer.from([97, 255, 98]) }, "a\ufffdb"],
    ["very much", { status: 500, body: "é".repeat(100_000) }, `${"é".repeat(197)}...`],
    [
      "a type that clients do not know",
      { headers: { "Content-Type": "text/html" }, body: "<p>" },
      "The app server's answer is not of a type that it says or that clients know.",
    ],
  ])("it failed with the first line of the body: %s", async (_what, answer, failure) => {
    const { appServer, open, activities } = await setUp();
    appServer.answer = () => answer;
    await open().userEvent("e", text);
    const status = answer.status ?? 200;
    expect(activities.at(-1)).toMatchObject({ kind: "event", event: "e", status, failure });
  });

  test("an answer to connect that cannot be read has failed", async () => {
    const { appServer, open, activities } = await setUp();
    appServer.answer = () => ({ body: '{"roles":1}' });
    await open().connect({ claims: {}, query: {}, headers: {}, subprotocols: [] });
    const failure = "The app server's answer to connect has no valid roles.";
    expect(activities.at(-1)).toMatchObject({ event: "connect", status: 200, failure });
  });

  test("what the app server does not need to answer has failed only by its status", async () => {
    const { appServer, open, activities } = await setUp();
    appServer.answer = ({ event }) =>
      event === "sys.connected"
        ? { body: "{", headers: { "Content-Type": "text/html" } }
        : { status: 410, body: "gone" };
    const events = open();
    events.connected();
    events.disconnected("");
    await until(() => activities.length === 3);
    expect(activities.slice(1)).toMatchObject([
      { event: "connected", failure: undefined },
      { event: "disconnected", failure: "gone" },
    ]);
  });
});

test("events are signed with the keys of the moment", async () => {
  const { appServer, open, rotateKeys } = await setUp();
  const events = open();
  await events.userEvent("a", text);
  rotateKeys("two", "three");
  await events.userEvent("a", text);
  const digest = (key: string) => `sha256=${createHmac("sha256", key).update("c").digest("hex")}`;
  const calls = await appServer.nextEvents(2);
  expect(calls.map(({ headers }) => headers["ce-signature"])).toEqual([
    `${digest("one")},${digest("two")}`,
    `${digest("two")},${digest("three")}`,
  ]);
  expect(calls[0]?.headers["webhook-request-origin"]).toBe(origin);
});

// Row 10 of the differences: some programs compare the header as a whole.
test("where both keys are one, events bear one signature, as those of a service with one key", async () => {
  const { appServer, open, rotateKeys } = await setUp();
  rotateKeys("one", "one");
  await open().userEvent("a", text);
  const [call] = await appServer.nextEvents(1);
  const digest = createHmac("sha256", "one").update("c").digest("hex");
  expect(call?.headers["ce-signature"]).toBe(`sha256=${digest}`);
});

describe("metadata", () => {
  // Row 6 of the differences (E): two in frames, but HTTP knows one header.
  test("whose keys differ in case only are one header, with the last value", async () => {
    const { appServer, open } = await setUp();
    await open().userEvent("a", text, { Trace: "first", trace: "last" });
    expect((await appServer.events.take()).headers["x-webpubsub-metadata-trace"]).toBe("last");
  });

  test("go out as headers and come back as such", async () => {
    const { appServer, open } = await setUp();
    appServer.answer = () => ({
      headers: { "X-WebPubSub-Metadata-Trace": "8", "Content-Type": "text/plain" },
      body: "x",
    });
    const outcome = await open().userEvent("a", text, { trace: "7", "other-one": "a b" });
    expect((await appServer.events.take()).headers).toMatchObject({
      "x-webpubsub-metadata-trace": "7",
      "x-webpubsub-metadata-other-one": "a b",
    });
    expect(outcome).toMatchObject({ reply: { text: "x" }, metadata: { trace: "8" } });
  });

  test.each([{ a: "new\r\nline" }, { "a b": "x" }, { a: "\u{1f600}" }])(
    "%j cannot be told: the event has failed",
    async (metadata) => {
      const { appServer, open } = await setUp();
      expect(await open().userEvent("a", text, metadata as never)).toEqual({
        kind: "failed",
        message: "The event has values that HTTP headers cannot carry.",
      });
      expect(appServer.events.size).toBe(0);
    },
  );
});

describe("cookies", () => {
  test("cookies of successful answers are sent on the later events of the same connection only", async () => {
    const { appServer, open } = await setUp();
    const answers: Record<string, UpstreamAnswer> = {
      "sys.connect": { headers: { "Set-Cookie": ["a=1; Path=/; HttpOnly", "b=2"] } },
      "user.fail": { status: 500, headers: { "Set-Cookie": "a=9" } },
      "user.drop": { headers: { "Set-Cookie": ["a=; Max-Age=0", "c=3"] } },
    };
    appServer.answer = ({ event }) => answers[event] ?? { status: 204 };
    const events = open();
    await events.connect({ claims: {}, query: {}, headers: {}, subprotocols: [] });
    await events.userEvent("fail", text);
    await events.userEvent("drop", text);
    events.disconnected("");
    await open("other").userEvent("e", text);
    const calls = await appServer.nextEvents(5);
    const cookieOf = (event: string) =>
      calls.find((call) => call.event === event)?.headers.cookie ?? "none";
    expect(cookieOf("sys.connect")).toBe("none");
    expect(cookieOf("user.fail")).toBe("a=1; b=2");
    expect(cookieOf("user.drop")).toBe("a=1; b=2");
    expect(cookieOf("sys.disconnected")).toBe("b=2; c=3");
    expect(cookieOf("user.e")).toBe("none");
  });
});

describe("the payload", () => {
  const bytes = Buffer.from([0, 255]);

  test.each([
    // E has the charset of a text.
    [{ dataType: "text", text: "hé" }, "text/plain; charset=utf-8", Buffer.from("hé")],
    [{ dataType: "json", json: '{ "a": 1.0 }' }, "application/json", Buffer.from('{ "a": 1.0 }')],
    [{ dataType: "binary", bytes }, "application/octet-stream", bytes],
    [{ dataType: "protobuf", bytes }, "application/x-protobuf", bytes],
    [undefined, "application/octet-stream", Buffer.alloc(0)],
  ] as const)("%j is sent as %s", async (payload, contentType, body) => {
    const { appServer, open } = await setUp();
    expect(await open().userEvent("a", payload)).toMatchObject({ kind: "handled" });
    const call = await appServer.events.take();
    expect(call.headers["content-type"]).toBe(contentType);
    expect(call.bytes).toEqual(body);
  });
});

test("several events of one connection may be under way, each with an id of its own", async () => {
  const { appServer, open } = await setUp();
  const events = open();
  await Promise.all(["a", "b", "c"].map((name) => events.userEvent(name, text)));
  const calls = await appServer.nextEvents(3);
  const ids = Object.fromEntries(calls.map(({ event, headers }) => [event, headers["ce-id"]]));
  expect(ids).toEqual({ "user.a": "1", "user.b": "2", "user.c": "3" });
});

test.each<[string, UpstreamAnswer, string | undefined]>([
  ["kept", { status: 204 }, "one"],
  ["replaced", { headers: { "ce-connectionState": "two" } }, "two"],
  ["cleared", { headers: { "ce-connectionState": "" } }, undefined],
  // E: the last one counts.
  ["replaced", { headers: { "ce-connectionState": ["three", "two"] } }, "two"],
  ["cleared", { headers: { "ce-connectionState": ["three", ""] } }, undefined],
  ["replaced", { headers: { "ce-connectionState": "one, two" } }, "one, two"],
  ["kept", { status: 400, headers: { "ce-connectionState": "two" } }, "one"],
  ["kept", { headers: { "Content-Type": "text/html" }, body: "x" }, "one"],
])("the state is %s by %j", async (_what, answer, state) => {
  const { appServer, open } = await setUp();
  const answers: Record<string, UpstreamAnswer> = {
    "user.first": { headers: { "ce-connectionState": "one" } },
    "user.second": answer,
  };
  appServer.answer = ({ event }) => answers[event] ?? { status: 204 };
  const events = open();
  for (const name of ["first", "second", "third"]) await events.userEvent(name, text);
  const [, , third] = await appServer.nextEvents(3);
  expect(third?.headers["ce-connectionstate"]).toBe(state);
});
