import type { Activity, EmulatorOptions } from "express-resilient-pubsub/emulator";
import { readHandshake, readPublishMode } from "../../../src/emulator/clients/handshake-request.ts";
import { chooseSubprotocol } from "../../../src/emulator/clients/subprotocol.ts";
import { Refusal } from "../../../src/emulator/http/refusal.ts";
import type { AppServer } from "../support/app-server.ts";
import { createScene, jsonProtocol, reliableProtocol } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const scene = createScene();
const protobuf = "protobuf.webpubsub.azure.v1";

/** What is read, or the status of the refusal. */
function orStatus(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return error.reply.status;
    throw error;
  }
}

describe("readHandshake", () => {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  const read = (url: string, more: object = {}, method = "GET") => {
    return orStatus(() => readHandshake({ method, url, headers: { ...headers, ...more } }));
  };

  test.each([
    ["/client/hubs/chat", "chat"],
    ["/client/hubs/a%5Bb%5D?x=1", "a[b]"],
    ["/client/?hub=chat", "chat"],
    ["/client?access_token=x&hub=chat", "chat"],
  ])("finds the hub in %s", (url, hub) => {
    expect(read(url)).toMatchObject({ hub });
  });

  test.each([
    ["/client/hubs/1chat", {}, 400],
    ["/client/hubs", {}, 400],
    ["/client/hubs/", {}, 400],
    ["/client/hubs/%zz", {}, 400],
    ["/client/", {}, 400],
    ["/client/?hub=", {}, 400],
    ["/client/hubs/chat/more", {}, 404],
    ["/client/hubs/../../api/health", {}, 404],
    ["/elsewhere", {}, 404],
    ["http://127.0.0.1/client/hubs/chat", {}, 404],
    ["/clients/mqtt/hubs/chat", {}, 501],
    ["/clients/socketio/hubs/chat", {}, 501],
    ["/client/hubs/chat", { upgrade: "h2c" }, 400],
    ["/client/hubs/chat", { upgrade: undefined }, 400],
    ["/client/hubs/chat", { "sec-websocket-version": "7" }, 400],
    ["/client/hubs/chat", { "sec-websocket-key": "short" }, 400],
    ["/client/hubs/chat", { "sec-websocket-key": undefined }, 400],
    ["/client/hubs/chat", { "sec-websocket-protocol": "mqtt" }, 501],
    ["/client/hubs/chat", { "sec-websocket-protocol": "" }, 400],
    ["/client/hubs/chat", { "sec-websocket-protocol": "a, a" }, 400],
    ["/client/hubs/chat", { "sec-websocket-protocol": "a,, b" }, 400],
  ])("refuses %s with %j by %d", (url, more, status) => {
    expect(read(url, more)).toBe(status);
  });

  test("refuses other methods than GET", () => {
    expect(read("/client/hubs/chat", {}, "POST")).toBe(400);
  });
});

test.each([
  ["", undefined],
  ["webpubsub_mode=", undefined],
  ["webpubsub_mode=sendEvent", undefined],
  ["webpubsub_mode=sendToGroup&group=a", { group: "a", noEcho: false }],
  ["webpubsub_mode=sendToGroup&group=a%20b&noEcho=true", { group: "a b", noEcho: true }],
  ["webpubsub_mode=sendToGroup&noEcho&group=a", { group: "a", noEcho: true }],
  ["webpubsub_mode=sendToGroup&group=a&noEcho=true&noEcho=False", { group: "a", noEcho: false }],
  ["webpubsub_mode=sendToGroup", 400],
  ["webpubsub_mode=sendToGroup&group=", 400],
  ["webpubsub_mode=sendToGroup&group=a&group=b", 400],
  ["webpubsub_mode=sendToGroup&group=a&noEcho=maybe", 400],
  ["webpubsub_mode=shout", 400],
])("the mode of a simple client in %j is %j", (query, expected) => {
  expect(orStatus(() => readPublishMode(new URLSearchParams(query)))).toEqual(expected);
});

describe("chooseSubprotocol", () => {
  const simple = { format: "simple", isReliable: false };

  test.each<[string[], string | undefined, object | undefined]>([
    [[], undefined, { name: undefined, ...simple }],
    [["mine"], undefined, { name: undefined, ...simple }],
    [["mine", "yours"], "YOURS", { name: "yours", ...simple }],
    [["constructor"], undefined, { name: undefined, ...simple }],
    [[jsonProtocol], undefined, { name: jsonProtocol, format: "json", isReliable: false }],
    [["mine", reliableProtocol, jsonProtocol], undefined, { isReliable: true }],
    [[jsonProtocol, reliableProtocol], reliableProtocol, { isReliable: true }],
    [[jsonProtocol.toUpperCase()], undefined, { name: jsonProtocol.toUpperCase() }],
    [[protobuf, jsonProtocol], undefined, { format: "protobuf" }],
    [["mine"], "yours", undefined],
    [["mine"], "", undefined],
    [[], "mine", undefined],
  ])("of %j with the app server wanting %j", (offered, wanted, expected) => {
    const choice = chooseSubprotocol(offered, wanted);
    if (expected) expect(choice).toMatchObject(expected);
    else expect(choice).toBeUndefined();
  });
});

describe("a client that is refused", () => {
  const setUp = async (options: EmulatorOptions = {}) => {
    const refusals: Activity[] = [];
    const appServer = await scene.appServer();
    const emulator = await scene.emulator({
      upstream: { retryDelaysInMs: [] },
      hubs: { chat: appServer.hub },
      ...options,
      onActivity: (activity) => {
        if (activity.kind === "clientRefused") refusals.push(activity);
      },
    });
    return { appServer, emulator, refusals };
  };

  test.each<[string, (url: string) => string, number, string | RegExp]>([
    [
      "has no token",
      (url) => url.replace(/\?.*/, ""),
      401,
      "There is no access_token: add one, or let anonymous clients into the hub.",
    ],
    [
      "has a token for another hub",
      (url) => url.replace("/chat?", "/news?"),
      401,
      /^The audience is invalid: make it with a key of this service, for http:\/\/127\.0\.0\.1:\d+\/client\/hubs\/news\.$/,
    ],
    [
      "has a token of another key",
      (url) => `${url.slice(0, -4)}AAAA`,
      401,
      /^The signature is invalid: make it with a key/,
    ],
    [
      "names no hub",
      (url) => url.replace("/chat?", "/1?"),
      400,
      /^The hub name is invalid: it has /,
    ],
    [
      "knows no path",
      (url) => url.replace("/chat?", "/a/b?"),
      404,
      /clients connect at \/client\/hubs\/\{hub\}\.$/,
    ],
    [
      "wants an unknown mode",
      (url) => `${url}&webpubsub_mode=x`,
      400,
      /^The webpubsub_mode is invalid: give/,
    ],
  ])(
    "because it %s is told why, and so is whoever watches",
    async (_why, change, status, reason) => {
      const { emulator, refusals } = await setUp();
      const answer = await new SocketClient(change(clientUrl(emulator, "chat"))).refused;
      expect(answer.status).toBe(status);
      expect(answer.body).toMatch(reason);
      expect(refusals).toEqual([
        { kind: "clientRefused", path: expect.any(String), status, reason: answer.body },
      ]);
      expect(JSON.stringify(refusals)).not.toMatch(/access_token=|eyJ/);
    },
  );

  test("because there are too many is told which limit it is", async () => {
    const { emulator, refusals } = await setUp({ hubs: {}, limits: { connections: 1 } });
    await scene.connect(emulator);
    expect((await new SocketClient(clientUrl(emulator, "chat")).refused).status).toBe(429);
    const reason = "The connection count reaches its limit: raise limits.connections.";
    expect(refusals).toMatchObject([{ reason }]);
  });

  // E: the app server's own status, also of 500 and above; 500 when it has none.
  test.each<[string, (appServer: AppServer) => unknown, number, string]>([
    [
      "says 403",
      (it) => (it.answer = () => ({ status: 403, body: "not you" })),
      403,
      "The app server answered 403 to connect.",
    ],
    [
      "says 503",
      (it) => (it.answer = () => ({ status: 503 })),
      503,
      "The app server answered 503 to connect.",
    ],
    [
      "redirects",
      (it) => (it.answer = () => ({ status: 302 })),
      500,
      "The app server answered 302 to connect.",
    ],
    [
      "says nonsense",
      (it) => (it.answer = () => ({ body: "{" })),
      500,
      "The app server's answer to connect is not JSON.",
    ],
    [
      "chooses what was not offered",
      (it) => (it.answer = () => ({ body: '{"subprotocol":"x"}' })),
      500,
      "The app server chose a subprotocol that the client has not offered.",
    ],
    [
      "does not agree",
      (it) => (it.answerValidation = () => ({})),
      500,
      "The app server does not allow our events. Its validation says what is missing.",
    ],
    [
      "is not there",
      (it) => it.close(),
      500,
      "The app server does not allow our events. Its validation says what is missing.",
    ],
  ])(
    "because its app server %s gets a status that says so (E)",
    async (_what, prepare, status, reason) => {
      const { appServer, emulator, refusals } = await setUp();
      await prepare(appServer);
      const answer = await new SocketClient(clientUrl(emulator, "chat")).refused;
      expect(answer).toMatchObject({ status, body: reason });
      expect(refusals).toEqual([
        { kind: "clientRefused", path: "/client/hubs/chat", status, reason },
      ]);
    },
  );

  test("because its session is lost is told to whoever watches, as let in and closed", async () => {
    const { emulator, refusals } = await setUp({ hubs: {} });
    const recovery = `${clientUrl(emulator, "chat")}&awps_connection_id=c&awps_reconnection_token=t`;
    await new SocketClient(recovery, [reliableProtocol]).closed;
    expect(refusals).toMatchObject([
      { status: 101, reason: expect.stringMatching(/^The session cannot be recovered: /) },
    ]);
  });
});

describe("a client that wants to connect", () => {
  test.each([
    [{ groups: [""] }, 400],
    [{ groups: ["g".repeat(1025)] }, 400],
    [{ userId: "a\nb" }, 400],
  ])("a client with the claims %j is refused by %d", async (claims, status) => {
    const emulator = await scene.emulator();
    expect((await new SocketClient(clientUrl(emulator, "chat", claims)).refused).status).toBe(
      status,
    );
  });

  test.each([
    ["of the wrong hub name", "1chat", 400],
    ["of a hub it has no token for", "news", 401],
  ])("%s is refused", async (_what, hub, status) => {
    const emulator = await scene.emulator();
    const url = clientUrl(emulator, "chat").replace("/hubs/chat", `/hubs/${hub}`);
    expect((await new SocketClient(url).refused).status).toBe(status);
  });

  test("the token of a client is checked before its mode", async () => {
    const emulator = await scene.emulator();
    const url = `${clientUrl(emulator, "chat")}&webpubsub_mode=shout`;
    const withoutToken = url.replace("access_token", "x");
    expect((await new SocketClient(withoutToken).refused).status).toBe(401);
    expect((await new SocketClient(url).refused).status).toBe(400);
  });

  test("a client may leave the token of the query empty and send one in a header", async () => {
    const emulator = await scene.emulator();
    const [url, token] = clientUrl(emulator, "chat").split("access_token=");
    const headers = { Authorization: `Bearer ${token}` };
    const client = new SocketClient(`${url}access_token=`, [], headers);
    scene.defer(() => client.terminate());
    await expect(client.opened).resolves.toBeUndefined();
  });

  test.each([
    ["with a token", (url: string) => url, reliableProtocol],
    ["without one", (url: string) => `${url.split("?")[0]}?`, reliableProtocol],
    ["in whatever mode", (url: string) => `${url}&webpubsub_mode=shout`, reliableProtocol],
    ["in whatever protocol", (url: string) => url, "mine"],
  ])(
    "a client that wants to recover is let in %s and closed with 1008",
    async (_what, change, protocol) => {
      const emulator = await scene.emulator();
      const url = change(clientUrl(emulator, "chat"));
      const recovery = `${url}&awps_connection_id=c&awps_reconnection_token=t`;
      const client = new SocketClient(recovery, [protocol]);
      await client.opened;
      expect((await client.closed).code).toBe(1008);
      expect(client.unread).toBe(0);
    },
  );
});
