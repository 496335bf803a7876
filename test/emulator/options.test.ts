import { type EmulatorOptions, startEmulator } from "express-resilient-pubsub/emulator";
import { parseEmulatorOptions } from "../../src/emulator/options/emulator-configuration.ts";
import { createScene } from "./support/scene.ts";
import { SocketClient } from "./support/socket-client.ts";

const scene = createScene();

const handler = (urlTemplate: string) => ({ hubs: { chat: { eventHandlers: [{ urlTemplate }] } } });

test.each<[string, unknown, RegExp]>([
  ["an unknown option", { prot: 1 }, / prot: unknown option/],
  ["a port that is no port", { port: 70000 }, /port/],
  ["a port in words", { port: "8080" }, /port/],
  ["an empty host", { host: "" }, /host/],
  [
    "a key that would end the connection string",
    { accessKey: "a;b" },
    /accessKey: got .*; give text/,
  ],
  ["an empty second key", { secondaryAccessKey: "" }, /secondaryAccessKey/],
  [
    "a hub name that begins with a digit",
    { hubs: { "1chat": {} } },
    /hubs\.1chat: got "1chat"; give a hub name/,
  ],
  ["one hub in two spellings", { hubs: { chat: {}, CHAT: {} } }, /twice/],
  ["an unknown policy", { hubs: { a: { anonymousConnectPolicy: "ask" } } }, /anonymousConnect/],
  [
    "a misspelled hub setting",
    { hubs: { a: { eventHandler: [] } } },
    /hubs\.a\.eventHandler: unknown option/,
  ],
  ["a handler without a URL", { hubs: { a: { eventHandlers: [{}] } } }, /urlTemplate/],
  ["a handler URL of another scheme", handler("ftp://a/"), /eventHandlers\[0\]\.urlTemplate/],
  ["a handler URL with a parameter in its host", handler("http://{hub}.a/"), /urlTemplate/],
  ["a public endpoint with a path", { publicEndpoint: "https://a.example/b" }, /publicEndpoint/],
  ["a public endpoint without a scheme", { publicEndpoint: "a.example" }, /publicEndpoint/],
  ["a certificate without its key", { tls: { cert: "x" } }, /tls/],
  ["limits that let nothing through", { limits: { messageBytes: 0 } }, /limits.messageBytes/],
  ["a misspelled limit", { limits: { messages: 1 } }, /limits\.messages: unknown option/],
  ["an endless timeout", { upstream: { eventTimeoutInMs: 2 ** 31 } }, /eventTimeoutInMs/],
  [
    "a negative retry delay",
    { upstream: { retryDelaysInMs: [1000, -1] } },
    /upstream\.retryDelaysInMs\[1\]: got -1/,
  ],
  [
    "one retry delay instead of a list",
    { upstream: { retryDelaysInMs: 1000 } },
    /upstream\.retryDelaysInMs: got 1000; give a list of milliseconds, \[\] for none/,
  ],
  [
    "retries without an end",
    { upstream: { retryDelaysInMs: Array(11).fill(1) } },
    /upstream\.retryDelaysInMs: .*give at most 10/,
  ],
  ["an admin port that is no port", { admin: { port: -1 } }, /admin/],
  ["a broken seed", { seed: 0.5 }, /seed/],
  [
    "a listener that cannot listen",
    { onActivity: "log" },
    /onActivity: got "log"; give a function/,
  ],
  [
    "a ping for which no client has time",
    { hubs: { a: { webSocketKeepAliveIntervalInSeconds: 0 } } },
    /KeepAlive/,
  ],
  ["no object at all", null, /startEmulator/],
])("%s is refused by name", async (_what, options, message) => {
  await expect(startEmulator(options as EmulatorOptions)).rejects.toMatchObject({
    name: "EmulatorError",
    code: "ERR_INVALID_OPTIONS",
    message: expect.stringMatching(message),
  });
});

test("all mistakes are told at once, and no key is told", async () => {
  const options = { port: -1, accessKey: "my secret; key", secondaryAccessKey: 7 };
  const error = await startEmulator(options as never).catch((it) => it);
  expect(error.message).toMatch(/ port: .*\n {2}accessKey: .*\n {2}secondaryAccessKey: /);
  expect(error.message).not.toMatch(/secret/);
});

test("an app server that answers 503 is asked again after 1, 3 and 5 s by default (E)", () => {
  expect(parseEmulatorOptions({}).upstream.retryDelaysInMs).toEqual([1000, 3000, 5000]);
});

describe("setHub", () => {
  test("changes what the next client meets", async () => {
    const emulator = await scene.emulator();
    const url = `${emulator.endpoint.replace("http", "ws")}/client/hubs/chat`;
    expect((await new SocketClient(url).refused).status).toBe(401);
    emulator.setHub("CHAT", { anonymousConnectPolicy: "allow" });
    const client = new SocketClient(url);
    await client.opened;
    client.terminate();
  });

  test.each([
    ["a bad name", "no hub", {}],
    ["a bad setting", "chat", { anonymousConnectPolicy: "perhaps" }],
  ])("refuses %s", async (_what, name, options) => {
    const emulator = await scene.emulator();
    expect(() => emulator.setHub(name, options as never)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_OPTIONS" }),
    );
  });
});
