import type { EmulatorOptions, Fault } from "express-resilient-pubsub/emulator";
import { parseEmulatorArguments } from "../../src/cli/emulator-arguments.ts";

const to = (urlTemplate: string) => ({
  eventHandlers: [
    { urlTemplate, systemEvents: ["connect", "connected", "disconnected"], userEventPattern: "*" },
  ],
});

describe("arguments become options of startEmulator:", () => {
  test.each<[string, EmulatorOptions]>([
    ["", {}],
    ["--port 0", { port: 0 }],
    ["--port 1 --port 2", { port: 2 }],
    ["--host ::1", { host: "::1" }],
    ["--access-key a", { accessKey: "a" }],
    ["--secondary-access-key b", { secondaryAccessKey: "b" }],
    ["--public-endpoint https://a.example", { publicEndpoint: "https://a.example" }],
    ["--accept-entra-tokens", { acceptEntraTokens: true }],
    ["--tls", { tls: true }],
    ["--admin", { admin: true }],
    ["--admin-port 9", { admin: { port: 9 } }],
    ["--admin --admin-port 9", { admin: { port: 9 } }],
    ["--seed -7", { seed: -7 }],
  ])("%s", (line, options) => {
    const given = parseEmulatorArguments(line.split(" ").filter(Boolean));
    expect(given).toEqual({
      options,
      allowsAnonymous: false,
      configFile: undefined,
      tlsFiles: undefined,
      faults: [],
      isVerbose: false,
    });
  });

  test("those for the command itself are kept apart", () => {
    const line = "--allow-anonymous --config c.json --tls-cert c.pem --tls-key k.pem --verbose";
    expect(parseEmulatorArguments(line.split(" "))).toEqual({
      options: {},
      allowsAnonymous: true,
      configFile: "c.json",
      tlsFiles: { cert: "c.pem", key: "k.pem" },
      faults: [],
      isVerbose: true,
    });
  });
});

describe("faults", () => {
  test.each<[string[], Fault[]]>([
    [["blackhole"], [{ kind: "blackhole" }]],
    [
      ["half-open", "gray"],
      [{ kind: "half-open" }, { kind: "gray" }],
    ],
    [
      ['{ "kind": "slow-link", "bytesPerSecond": { "up": 8000 } }', "throttle"],
      [{ kind: "slow-link", bytesPerSecond: { up: 8000 } }, { kind: "throttle" }],
    ],
    [['{"kind":"poison","text":"x y"}'], [{ kind: "poison", text: "x y" }]],
  ])("%j", (texts, faults) => {
    const argv = texts.flatMap((text) => ["--fault", text]);
    expect(parseEmulatorArguments(argv).faults).toEqual(faults);
  });

  test.each<[string[], RegExp]>([
    [["earthquake"], /^--fault kind: got "earthquake"; give a fault, whose kind is crash, .*\.$/],
    [["latency"], /^--fault delayInMs: got undefined; give a whole number of milliseconds/],
    [["{kind"], /^--fault: got "\{kind"; give a kind, or a fault in JSON\.$/],
    [["a b"], /^--fault: got "a b"; give a kind, or a fault in JSON\.$/],
    [["1"], /^--fault kind: got "1"; give a fault/],
    [["null"], /^--fault kind: got "null"/],
    [['{"kind":"gray","share":2}'], /^--fault share: got 2; /],
    [["gray", '{"kind":"gray","shre":2}'], /^--fault shre: unknown/],
    [["crash", "gray"], /^--fault: .*let crash stand alone/],
    [["dns"], /^--fault: dns acts on the lookup of an emulator that is started in code/],
  ])("%j are refused", (texts, message) => {
    const argv = texts.flatMap((text) => ["--fault", text]);
    expect(() => parseEmulatorArguments(argv)).toThrow(message);
  });
});

describe("hubs and upstreams", () => {
  test.each<[string, object]>([
    ["--hub chat", { chat: {} }],
    ["--hub Chat --hub chat", { chat: {} }],
    ["--hub constructor", { constructor: {} }],
    ["--hub a --upstream http://x/{hub}", { a: to("http://x/{hub}") }],
    ["--hub a --hub b --upstream http://x", { a: to("http://x"), b: to("http://x") }],
    [
      "--hub a --upstream http://x --hub b --upstream http://y --hub c",
      { a: to("http://x"), b: to("http://y"), c: {} },
    ],
    ["--hub a --port 1 --upstream http://x", { a: to("http://x") }],
    ["--hub a --hub A --upstream http://x", { a: to("http://x") }],
  ])("%s", (line, hubs) => {
    expect(parseEmulatorArguments(line.split(" ")).options.hubs).toEqual(hubs);
  });
});

test.each<[string, RegExp]>([
  ["--port abc", /^--port: got "abc"; give a whole number\.$/],
  ["--port 80.5", /^--port: got "80.5"; give a whole number\.$/],
  ["--port=", /^--port: got ""; give a whole number\.$/],
  ["--port 70000", /^--port: .*65535/],
  ["--port -1", /^--port: /],
  ["--admin-port x", /^--admin-port: got "x"; give a whole number\.$/],
  ["--admin-port 70000", /^--admin-port: /],
  ["--seed 1e3", /^--seed: got "1e3"; give a whole number\.$/],
  ["--host=", /^--host: /],
  ["--hub 1chat", /^--hub 1chat: got "1chat"; give a hub name/],
  ["--upstream http://x", /^--upstream needs the hub .* before it/],
  ["--upstream http://x --hub a", /^--upstream needs the hub .* before it/],
  ["--hub a --upstream http://x --upstream http://y", /^Hub a has two upstreams/],
  ["--hub a --upstream http://x --hub A --upstream http://y", /^Hub a has two upstreams/],
  ["--hub a --upstream ftp://x", /^--upstream: got .*; give an http or https URL/],
  ["--hub a --hub b --upstream x", /^--upstream: [^;]*; give [^;]*$/],
  ["--access-key a;b", /^--access-key: got .*; give text/],
  ["--secondary-access-key a;b", /^--secondary-access-key: got .*; give text/],
  ["--public-endpoint http://x/path", /^--public-endpoint: got .*; give/],
  ["--tls-cert c.pem", /^--tls-cert needs --tls-key/],
  ["--tls-key k.pem", /^--tls-key needs --tls-cert/],
  ["--port 70000 --access-key a;b", /^--port: .*\. --access-key: /],
])("%s is refused by name", (line, message) => {
  expect(() => parseEmulatorArguments(line.split(" "))).toThrow(
    expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) }),
  );
});
