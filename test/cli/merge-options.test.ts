import type { EmulatorOptions } from "express-resilient-pubsub/emulator";
import { mergeOptions } from "../../src/cli/merge-options.ts";

const merge = (file: EmulatorOptions, options: EmulatorOptions, allowsAnonymous = false) =>
  mergeOptions(file, { options, allowsAnonymous });

test.each<[string, EmulatorOptions, EmulatorOptions, EmulatorOptions]>([
  ["8080 is the port when neither says one", {}, {}, { port: 8080, hubs: {} }],
  ["the file's port replaces the default", { port: 1 }, {}, { port: 1, hubs: {} }],
  ["the command line's replaces both", { port: 1 }, { port: 2 }, { port: 2, hubs: {} }],
  [
    "what only the file says stays",
    { seed: 3, limits: { connections: 2 } },
    { host: "::1" },
    { port: 8080, seed: 3, limits: { connections: 2 }, host: "::1", hubs: {} },
  ],
  [
    "hubs of both are set up",
    { hubs: { a: {} } },
    { hubs: { b: {} } },
    { port: 8080, hubs: { a: {}, b: {} } },
  ],
  [
    "within a hub, in whatever case, only what is given is replaced",
    { hubs: { Chat: { failedEvents: "close", eventHandlers: [{ urlTemplate: "http://file" }] } } },
    { hubs: { chat: { eventHandlers: [{ urlTemplate: "http://line" }] } } },
    {
      port: 8080,
      hubs: { chat: { failedEvents: "close", eventHandlers: [{ urlTemplate: "http://line" }] } },
    },
  ],
])("%s", (_what, file, commandLine, expected) => {
  expect(merge(file, commandLine)).toEqual(expected);
});

test("--allow-anonymous is for every hub that is set up, in the file or not", () => {
  const file: EmulatorOptions = { hubs: { a: { anonymousConnectPolicy: "deny" } } };
  expect(merge(file, { hubs: { b: {} } }, true).hubs).toEqual({
    a: { anonymousConnectPolicy: "allow" },
    b: { anonymousConnectPolicy: "allow" },
  });
});

test("--allow-anonymous without a hub says what is missing", () => {
  expect(() => merge({}, {}, true)).toThrow(/--allow-anonymous needs a hub/);
});
