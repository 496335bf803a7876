import { readHandshake, readPublishMode } from "../../../src/emulator/clients/handshake-request.ts";
import { chooseSubprotocol } from "../../../src/emulator/clients/subprotocol.ts";
import { Refusal } from "../../../src/emulator/http/refusal.ts";
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
