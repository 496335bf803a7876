import { createHmac } from "node:crypto";
import { PassThrough } from "node:stream";
import { HeldRequests } from "../../../src/emulator/faults/held-requests.ts";
import { until } from "../../support/until.ts";
import { exchange } from "../support/fuzz.ts";
import { apiVersion, callRest, openTcp } from "../support/rest.ts";
import { allRoles, createScene, jsonProtocol } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl, inSeconds, keyOf } from "../support/tokens.ts";

const scene = createScene();
const upgrade = [
  "Host: x",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
];

// Claims as text: what is nested very deeply cannot be written from objects.
function signRaw(claims: string, key: string): string {
  const parts = ['{"alg":"HS256"}', claims].map((part) => Buffer.from(part).toString("base64url"));
  const signature = createHmac("sha256", key).update(parts.join(".")).digest("base64url");
  return [...parts, signature].join(".");
}

/** What a client with these claims is answered: `connected`, or the status of the refusal. */
async function connectWithClaims(claims: string): Promise<unknown> {
  const emulator = await scene.emulator();
  const aud = `${emulator.endpoint}/client/hubs/chat`;
  const token = signRaw(`{"aud":"${aud}","exp":${inSeconds(60)},${claims}}`, keyOf(emulator));
  const url = `${aud.replace("http", "ws")}?access_token=${token}`;
  const client = new SocketClient(url, [jsonProtocol]);
  scene.defer(() => client.terminate());
  return Promise.race([client.nextJson(), client.refused.then(({ status }) => status)]);
}

describe("a token", () => {
  test.each([
    ["an object that has no text", '{"toString":1,"valueOf":1}', '{"toString":1,"valueOf":1}'],
    ["null", "null", null],
    ["a number", "5", "5"],
  ])("a token whose subject is %s names a user", async (_what, sub, userId) => {
    expect(await connectWithClaims(`"sub":${sub}`)).toMatchObject({ event: "connected", userId });
  });

  test.each(["sub", "role", "anything"])(
    "a token whose %s is nested too deeply to be serialized is refused",
    async (claim) => {
      const nested = "[".repeat(5000) + "]".repeat(5000);
      expect(await connectWithClaims(`"${claim}":${nested}`)).toBe(401);
    },
  );
});

test("a crash says nothing to anybody, not even that the others have gone", async () => {
  const emulator = await scene.emulator();
  const sender = await scene.connectJson(emulator, { roles: allRoles });
  const watcher = await scene.connectJson(emulator, { roles: allRoles, groups: ["g"] });
  await sender.ask({ type: "sendToGroup", group: "g", stream: { streamId: "s" } });
  await sender.ask({ type: "setGroupState", group: "g", state: { a: "b" }, ackId: 1 });
  await watcher.ask({ type: "subscribeGroupState", group: "g", ackId: 1 });
  await watcher.nextJson();
  await emulator.inject({ kind: "crash" });
  expect((await watcher.closed).code).toBe(1006);
  expect(watcher.unread).toBe(0);
});

test("clients that come at the same time do not slip through the limit together", async () => {
  const appServer = await scene.appServer();
  const emulator = await scene.emulator({
    limits: { connections: 2 },
    hubs: { chat: appServer.hub },
  });
  const clients = Array.from({ length: 5 }, () => new SocketClient(clientUrl(emulator, "chat")));
  for (const client of clients) scene.defer(() => client.terminate());
  const outcomes = await Promise.all(
    clients.map(({ opened, refused }) =>
      opened.then(
        () => "open",
        () => refused.then(({ status }) => status),
      ),
    ),
  );
  expect(outcomes.sort()).toEqual([429, 429, 429, "open", "open"]);
});

test("a subprotocol with a space that is none is refused before an app server is asked", async () => {
  const appServer = await scene.appServer();
  const emulator = await scene.emulator({ hubs: { chat: appServer.hub } });
  const { pathname, search } = new URL(clientUrl(emulator, "chat"));
  const head = [
    `GET ${pathname}${search} HTTP/1.1`,
    ...upgrade,
    "Sec-WebSocket-Protocol: a, \u00a0b",
  ].join("\r\n");
  const bytes = Buffer.from(`${head}\r\n\r\n`, "latin1");
  expect(await exchange(emulator.port, [bytes], "when answered")).toMatch(/^HTTP\/1\.1 400 /);
  expect(appServer.events.size).toBe(0);
});

test("many delayed answers of one socket look like no leak", () => {
  const [room, socket] = [new HeldRequests(), new PassThrough()];
  for (let i = 0; i < 20; i++) void room.delay({ inMs: 60_000, by: [] }, socket);
  const allowed = socket.getMaxListeners() || Number.POSITIVE_INFINITY;
  expect(socket.listenerCount("close")).toBeLessThanOrEqual(allowed);
  socket.destroy();
});

test("an invocation id is bounded, since it is kept as long as the invocation", async () => {
  const { emulator } = await scene.withAppServer();
  const client = await scene.connectJson(emulator);
  const request = { type: "invoke", target: "event", event: "e" };
  expect(await client.ask({ ...request, invocationId: "i".repeat(1025) })).toMatchObject({
    success: false,
    error: { name: "BadRequest" },
  });
  expect(await client.ask({ ...request, invocationId: "i".repeat(1024) })).toMatchObject({
    success: true,
  });
});

test("no message follows the close frame, even if many were waiting", async () => {
  const emulator = await scene.emulator();
  const { pathname, search } = new URL(clientUrl(emulator, "chat", { userId: "slow" }));
  const socket = await openTcp(emulator.port);
  scene.defer(() => socket.destroy());
  const end = new Promise((resolve) => socket.once("close", resolve));
  socket.write([`GET ${pathname}${search} HTTP/1.1`, ...upgrade, "\r\n"].join("\r\n"));
  const heavy = Buffer.alloc(1024 * 1024, "x");
  const path = `/api/hubs/chat/:send?${apiVersion}`;
  const exists = { method: "HEAD", path: `/api/hubs/chat/users/slow?${apiVersion}` };
  await until(async () => (await callRest(emulator, exists)).status === 200);
  for (let i = 0; i < 14; i++) await callRest(emulator, { method: "POST", path, body: heavy });
  socket.write(Buffer.from("888200000000" + "03e8", "hex"));
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await end;
  expect(Buffer.concat(chunks).subarray(-4).toString("hex")).toBe("880203e8");
});

test("a listener may throw what has no text, and the service goes on", async () => {
  const emitWarning = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  scene.defer(() => emitWarning.mockRestore());
  const emulator = await scene.emulator({
    onActivity: () => {
      throw Object.create(null);
    },
  });
  const path = `/api/hubs/chat/:send?${apiVersion}`;
  const sent = await callRest(emulator, { method: "POST", path, body: "x" });
  expect(sent.status).toBe(202);
  expect(emitWarning).toHaveBeenCalledWith(
    "onActivity threw an error.",
    expect.objectContaining({ type: "EmulatorWarning" }),
  );
});
