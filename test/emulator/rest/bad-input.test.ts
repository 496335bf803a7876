import { connect } from "node:net";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { apiVersion, callRest, type RestRequest, restToken, sendRaw } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";

const scene = createScene();
const mebibyte = 1024 * 1024;

const sendPath = `/api/hubs/chat/:send?${apiVersion}`;
const post = (more: Partial<RestRequest>): RestRequest => ({
  method: "POST",
  path: sendPath,
  headers: { "Content-Type": "text/plain" },
  body: "x",
  ...more,
});

async function expectAlive(emulator: Emulator): Promise<void> {
  expect((await callRest(emulator, { method: "GET", path: "/api/health" })).status).toBe(200);
}

describe("a REST call", () => {
  test.each<[string, Partial<RestRequest>, number]>([
    ["to nowhere", { path: "/" }, 404],
    ["to an unknown route", { path: `/api/hubs/chat/:shout?${apiVersion}` }, 404],
    ["to a hub itself", { path: `/api/hubs/chat?${apiVersion}` }, 404],
    ["with an empty segment", { path: `/api/hubs/chat/groups//:send?${apiVersion}` }, 404],
    ["out of the hubs", { path: `/api/hubs/../health?${apiVersion}` }, 404],
    ["to a hub of dots", { path: `/api/hubs/../:send?${apiVersion}` }, 400],
    ["to a hub of encoded dots", { path: `/api/hubs/%2e%2e/:send?${apiVersion}` }, 400],
    ["to a hub that cannot be", { path: `/api/hubs/1chat/:send?${apiVersion}` }, 400],
    ["with a broken encoding", { path: `/api/hubs/chat/groups/%zz/:send?${apiVersion}` }, 400],
    ["with a broken hub encoding", { path: `/api/hubs/%ff/:send?${apiVersion}` }, 400],
    ["with a broken id encoding", { path: `/api/hubs/a/users/%c3/:send?${apiVersion}` }, 400],
    ["with a broken query encoding", { path: `${sendPath}&excluded=%` }, 400],
    ["without a version", { path: "/api/hubs/chat/:send" }, 202],
    ["of an unknown version", { path: "/api/hubs/chat/:send?api-version=2019-01-01" }, 400],
    ["with a blank group", { path: `/api/hubs/chat/groups/%20/:send?${apiVersion}` }, 400],
    [
      "with a group of 1025 characters",
      { path: `/api/hubs/chat/groups/${"g".repeat(1025)}/:send?${apiVersion}` },
      400,
    ],
    ["with a negative lifetime", { path: `${sendPath}&messageTtlSeconds=-1` }, 400],
    ["with a lifetime over 300 s", { path: `${sendPath}&messageTtlSeconds=301` }, 400],
    ["with a broken lifetime", { path: `${sendPath}&messageTtlSeconds=1.5` }, 400],
    ["with two lifetimes", { path: `${sendPath}&messageTtlSeconds=1&messageTtlSeconds=1` }, 400],
    ["with an empty lifetime", { path: `${sendPath}&messageTtlSeconds=` }, 400],
    ["with a lifetime of 300 s", { path: `${sendPath}&messageTtlSeconds=300` }, 202],
    ["with a filter", { path: `${sendPath}&filter=userId%20eq%20null` }, 202],
    ["of another type", { headers: { "Content-Type": "text/html" } }, 415],
    ["in an unknown charset", { headers: { "Content-Type": "text/plain; charset=klingon" } }, 415],
    ["of JSON that is none", { headers: { "Content-Type": "application/json" } }, 400],
    ["of empty JSON", { headers: { "Content-Type": "application/json" }, body: "" }, 400],
    [
      "of JSON that is no UTF-8",
      { headers: { "Content-Type": "application/json" }, body: Buffer.from([34, 255, 34]) },
      400,
    ],
    ["of 1 MiB", { body: Buffer.alloc(mebibyte) }, 202],
    ["of more than 1 MiB", { body: Buffer.alloc(mebibyte + 1) }, 400],
    ["of very much more", { body: Buffer.alloc(20 * mebibyte) }, 400],
  ])("a REST call %s is answered, and the emulator goes on", async (_what, call, status) => {
    const emulator = await scene.emulator();
    expect((await callRest(emulator, post(call))).status).toBe(status);
    await expectAlive(emulator);
  });

  test.each([
    ["PATCH", sendPath, 405, "POST"],
    ["GET", sendPath, 405, "POST"],
    ["POST", `/api/hubs/chat/connections/c?${apiVersion}`, 405, "HEAD, DELETE"],
    ["POST", "/api/health", 405, "GET, HEAD"],
  ])("a REST call of the wrong method is refused: %s %s", async (method, path, status, allow) => {
    const emulator = await scene.emulator();
    const answer = await callRest(emulator, { method, path });
    expect(answer.status).toBe(status);
    expect(answer.headers.allow).toBe(allow);
  });

  test("a REST call without a Content-Length is refused", async () => {
    const emulator = await scene.emulator();
    const head = [
      `POST ${sendPath} HTTP/1.1`,
      "Host: x",
      "Connection: close",
      `Authorization: Bearer ${restToken(emulator, sendPath)}`,
      "Content-Type: text/plain",
      "Transfer-Encoding: chunked",
    ].join("\r\n");
    const answer = await sendRaw(emulator, `${head}\r\n\r\n1\r\nx\r\n0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
  });

  test("a GET on the URL of a client is refused", async () => {
    const emulator = await scene.emulator();
    expect((await callRest(emulator, { method: "GET", path: "/client/hubs/a" })).status).toBe(400);
  });
});

describe("bytes on the port", () => {
  const head = "Host: x\r\nConnection: close\r\n";
  const upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";

  test.each([
    ["no HTTP at all", "hello\r\n\r\n", /^HTTP\/1.1 400 /],
    ["a NUL in a header", `GET / HTTP/1.1\r\n${head}X: \0\r\n\r\n`, /^HTTP\/1.1 400 /],
    ["a header without end", `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n`, /^HTTP\/1.1 431 /],
    [
      "two lengths",
      `POST / HTTP/1.1\r\n${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      /^HTTP\/1.1 400 /,
    ],
    ["a tunnel", `CONNECT a:1 HTTP/1.1\r\n${head}\r\n`, /^$/],
    ["an asterisk", `OPTIONS * HTTP/1.1\r\n${head}\r\n`, /^HTTP\/1.1 404 /],
    ["a foreign URL", `GET http://a/api/health HTTP/1.1\r\n${head}\r\n`, /^HTTP\/1.1 404 /],
    [
      "an upgrade without a key",
      `GET /client/hubs/a HTTP/1.1\r\n${upgrade}\r\n`,
      /^HTTP\/1.1 400 /,
    ],
    ["an upgrade elsewhere", `GET /api/health HTTP/1.1\r\n${upgrade}\r\n`, /^HTTP\/1.1 404 /],
  ])("bytes on the port that are %s get an answer and an end", async (_what, bytes, answer) => {
    const emulator = await scene.emulator();
    expect(await sendRaw(emulator, bytes)).toMatch(answer);
    await expectAlive(emulator);
  });

  test.each([
    ["in the middle of a handshake", `GET /client/hubs/a HTTP/1.1\r\n${upgrade}`],
    [
      "in the middle of a body",
      `POST ${sendPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc`,
    ],
  ])("bytes on the port that stop %s leave the service alive", async (_what, bytes) => {
    const emulator = await scene.emulator();
    const socket = connect(emulator.port, "127.0.0.1");
    socket.on("error", () => {});
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    socket.resetAndDestroy();
    await expectAlive(emulator);
  });
});

describe("a frame", () => {
  test.each([
    ["that is no JSON", "{", 1007],
    ["of an unknown type", '{"type":"jump"}', 1007],
    ["of more than 1 MiB", JSON.stringify({ type: "ping", x: "x".repeat(mebibyte) }), 1009],
  ])("a frame %s closes the JSON client", async (_what, frame, code) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    client.send(frame);
    expect((await client.closed).code).toBe(code);
    await expectAlive(emulator);
  });

  test("a frame after a malformed one of the same client is not handled", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    client.send("{");
    client.send({ type: "ping" });
    expect((await client.closed).code).toBe(1007);
    expect(client.unread).toBe(0);
  });

  test("a text frame that is no UTF-8 closes any client", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator);
    client.socket.send(Buffer.from([0xff]), { binary: false });
    expect((await client.closed).code).toBe(1007);
  });

  test("a frame without a mask breaks the WebSocket protocol", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator);
    client.socket.send("x", { mask: false });
    expect((await client.closed).code).toBe(1002);
  });
});

test("a client that does not read is dropped before it fills the memory", async () => {
  const emulator = await scene.emulator();
  const lazy = await scene.connectJson(emulator, { userId: "lazy" });
  lazy.socket.pause();
  const exists = { method: "HEAD", path: `/api/hubs/chat/users/lazy?${apiVersion}` };
  let sent = 0;
  while ((await callRest(emulator, exists)).status === 200 && sent < 64) {
    await callRest(emulator, post({ body: Buffer.alloc(mebibyte, "x") }));
    sent += 1;
  }
  expect(sent).toBeGreaterThanOrEqual(16);
  expect(sent).toBeLessThan(64);
  lazy.socket.resume();
  expect((await lazy.closed).code).toBe(1008);
});
