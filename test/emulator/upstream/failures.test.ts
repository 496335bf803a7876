import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Socket } from "node:net";
import { AppServer } from "../support/app-server.ts";
import { createDeferred } from "../support/deferred.ts";
import { allButTimeouts } from "../support/fake-timers.ts";
import { RawAppServer } from "../support/raw-app-server.ts";
import { createScene } from "../support/scene.ts";
import { createUpstream } from "../support/upstream-scene.ts";

const scene = createScene();

const text = { dataType: "text", text: "hi" } as const;

async function setUp(url: string, settings = {}) {
  const world = createUpstream(
    [{ urlTemplate: `${url}/{event}`, systemEvents: ["connect"], userEventPattern: "*" }],
    settings,
  );
  scene.defer(() => world.upstream.close());
  return world;
}

async function setUpRaw(answer: (socket: Socket) => void, settings = {}) {
  const server = await RawAppServer.start(answer);
  scene.defer(() => server.close());
  return { server, ...(await setUp(server.url, settings)) };
}

const connectRequest = { claims: {}, query: {}, headers: {}, subprotocols: [] };
const head = (...lines: string[]) => `${["HTTP/1.1 200 OK", ...lines].join("\r\n")}\r\n\r\n`;
const mebibyte = 1024 * 1024;

function writeEndlessly(socket: Socket) {
  socket.write(head("Content-Type: text/plain", "Transfer-Encoding: chunked"));
  const chunk = `${mebibyte.toString(16)}\r\n${"x".repeat(mebibyte)}\r\n`;
  const next = () => socket.writable && socket.write(chunk, next);
  next();
}

describe("failed events", () => {
  test.each<[string, (socket: Socket) => void, string]>([
    ["hangs up", (socket) => socket.end(), "broke off"],
    ["resets the connection", (socket) => socket.resetAndDestroy(), "broke off"],
    ["hangs up amid the headers", (socket) => socket.end("HTTP/1.1 200 OK\r\nCont"), "broke off"],
    [
      "hangs up amid the body",
      (socket) => socket.end(`${head("Content-Length: 5")}abc`),
      "broke off",
    ],
    ["says nothing", () => {}, "in time"],
    ["says only headers", (socket) => socket.write(head("Content-Length: 5")), "in time"],
    ["says half a body", (socket) => socket.write(`${head("Content-Length: 5")}ab`), "in time"],
    ["does not speak HTTP", (socket) => socket.end("220 smtp.test ESMTP\r\n"), "not HTTP"],
    ["lies about the length", (socket) => socket.end(`${head("Content-Length: -1")}`), "not HTTP"],
    [
      "says more headers than anybody reads",
      (socket) => socket.end(head(`ce-connectionState: ${"x".repeat(100_000)}`)),
      "not HTTP",
    ],
    [
      "changes the protocol",
      (socket) =>
        socket.write("HTTP/1.1 101 Switching\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"),
      "not HTTP",
    ],
    ["says too much", writeEndlessly, "too large"],
    [
      "sends elsewhere",
      (socket) => socket.end("HTTP/1.1 307 Go\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"),
      "answered 307",
    ],
    [
      "answers 500",
      (socket) => socket.end("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno"),
      "answered 500",
    ],
  ])(
    "an event has failed, and nothing else has, when the app server %s",
    async (_what, answer, message) => {
      const settings = message === "in time" ? { eventTimeoutInMs: 150 } : {};
      const { server, open } = await setUpRaw(answer, settings);
      expect(await open().userEvent("e", text)).toEqual({
        kind: "failed",
        message: expect.stringContaining(message),
      });
      // Whatever became of it, it may have been handled: it is not sent again.
      expect(server.events).toBe(1);
      const refused = { kind: "refused", status: 500, reason: expect.stringMatching(/^The app s/) };
      expect(await open().connect(connectRequest)).toEqual(refused);
    },
  );

  test("an event to an app server that has closed since an earlier event has failed", async () => {
    const appServer = await AppServer.start();
    const { open } = await setUp(appServer.url);
    const events = open();
    expect(await events.userEvent("e", text)).toMatchObject({ kind: "handled" });
    await appServer.close();
    expect(await events.userEvent("e", text)).toMatchObject({
      kind: "failed",
      message: expect.stringMatching(/could not be reached|broke off/),
    });
  });

  test("an event to an app server whose name does not resolve has failed", async () => {
    const { open } = await setUp("http://nowhere.invalid");
    expect(await open().userEvent("e", text)).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("does not allow"),
    });
  });

  test("an event that no handler is configured for has failed", async () => {
    const { open } = createUpstream([]);
    expect(await open().userEvent("e", text)).toEqual({
      kind: "failed",
      message: "Nobody handles the event.",
    });
  });
});

describe("the event timeout", () => {
  /** An event whose answer has got as far as its headers, after 90 of the 100 s that there are. */
  async function answerLate() {
    const asked = createDeferred<Socket>();
    const { open } = await setUpRaw(asked.resolve, { eventTimeoutInMs: 100_000 });
    const events = open();
    // The check of the app server is over before the clock is ours.
    const first = events.userEvent("first", text);
    (await asked.promise).write(head("Content-Length: 0"));
    await first;
    jest.useFakeTimers({ doNotFake: allButTimeouts });
    scene.defer(() => jest.useRealTimers());
    const outcome = events.userEvent("e", text);
    const socket = await asked.promise;
    await once(socket, "data");
    jest.advanceTimersByTime(90_000);
    const heard = createDeferred<void>();
    const onHeaders = () => heard.resolve();
    subscribe("http.client.response.finish", onHeaders);
    scene.defer(() => unsubscribe("http.client.response.finish", onHeaders));
    socket.write(head("Content-Type: text/plain", "Content-Length: 2"));
    await heard.promise;
    return { socket, outcome };
  }

  test("the body of an answer may take as long as its headers, however long those took", async () => {
    const { socket, outcome } = await answerLate();
    jest.advanceTimersByTime(90_000);
    socket.write("ok");
    expect(await outcome).toMatchObject({ reply: { text: "ok" } });
  });

  test("the body of an answer that takes longer than the event timeout makes the event fail", async () => {
    const { outcome } = await answerLate();
    jest.advanceTimersByTime(100_000);
    expect(await outcome).toMatchObject({ message: expect.stringContaining("in time") });
  });
});

test("a slow handler is waited for, longer than an idle connection is kept", async () => {
  const { open } = await setUpRaw((socket) => {
    setTimeout(() => socket.write(head("Content-Length: 2", "", "ok").trimEnd()), 1500);
  });
  const reply = { bytes: Buffer.from("ok") };
  expect(await open().userEvent("e", text)).toMatchObject({ reply });
});

test("an answer may be as large as 16 MiB", async () => {
  const { open } = await setUpRaw((socket) => {
    socket.write(head(`Content-Length: ${16 * mebibyte}`));
    socket.end(Buffer.alloc(16 * mebibyte, "x"));
  });
  const outcome = await open().userEvent("e", text);
  expect(outcome).toMatchObject({ kind: "handled", reply: { dataType: "binary" } });
});

describe("aborted events", () => {
  test("an event that is aborted while it is handled has failed, and its call ends", async () => {
    const appServer = await scene.appServer();
    appServer.answer = () => new Promise(() => {});
    const { open } = await setUp(appServer.url);
    const abort = new AbortController();
    const outcome = open().userEvent("e", text, undefined, abort.signal);
    const call = await appServer.events.take();
    abort.abort();
    expect(await outcome).toEqual({ kind: "failed", message: "The event was taken back." });
    await call.over;
  });

  test("an event that is aborted before it is sent has failed and is never sent", async () => {
    const appServer = await scene.appServer();
    const { open } = await setUp(appServer.url);
    const outcome = await open().userEvent("e", text, undefined, AbortSignal.abort());
    expect(outcome).toMatchObject({ kind: "failed" });
    expect(appServer.events.size).toBe(0);
  });

  test("aborting one event leaves the other events of the same connection under way", async () => {
    const appServer = await scene.appServer();
    const { open } = await setUp(appServer.url);
    const events = open();
    let answer: (value: object) => void = () => {};
    appServer.answer = ({ event }) =>
      event === "user.fast" ? {} : new Promise((resolve) => (answer = resolve));
    const abort = new AbortController();
    const dropped = events.userEvent("dropped", text, undefined, abort.signal);
    await appServer.events.take();
    const slow = events.userEvent("slow", text);
    await appServer.events.take();
    expect(await events.userEvent("fast", text)).toMatchObject({ kind: "handled" });
    abort.abort();
    expect(await dropped).toMatchObject({ kind: "failed" });
    answer({});
    expect(await slow).toMatchObject({ kind: "handled" });
  });
});

describe("a service that goes down", () => {
  test("when the service goes down, events under way have failed and later ones are not sent", async () => {
    const appServer = await scene.appServer();
    appServer.answer = () => new Promise(() => {});
    const { open, upstream } = await setUp(appServer.url);
    const events = open();
    const outcome = events.userEvent("e", text);
    const call = await appServer.events.take();
    upstream.abort();
    const failed = { kind: "failed", message: "The service was interrupted." };
    expect(await outcome).toEqual(failed);
    await call.over;
    expect(await events.userEvent("e", text)).toEqual(failed);
    expect(appServer.events.size).toBe(0);
  });

  test("connections opened after the service went down send their events as usual", async () => {
    const appServer = await scene.appServer();
    const { open, upstream } = await setUp(appServer.url);
    upstream.abort();
    expect(await open().userEvent("e", text)).toMatchObject({ kind: "handled" });
  });
});
