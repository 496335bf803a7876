import { parseOptions } from "../../src/options/parse-options.ts";
import { GOOD, messageOf } from "./support/good-options.ts";

it("without history there is none", () => {
  expect(parseOptions(GOOD).history).toBeUndefined();
});

it.each<[string, unknown]>([
  ["true", true],
  ["an empty object", {}],
])("history given as %s is kept in memory, by the defaults", (_, history) => {
  expect(parseOptions({ ...GOOD, history }).history).toEqual({
    store: expect.objectContaining({ description: "memory" }),
    maxMessages: 1000,
    ttlInMs: 300_000,
    maxBytesPerStream: 8 * 1024 * 1024,
    appendTimeoutInMs: 100,
    groups: expect.any(Function),
    carrier: "metadata",
    replayOnJoin: 0,
  });
});

it("history without groups is for all of them", () => {
  expect(parseOptions({ ...GOOD, history: true }).history?.groups("news")).toBe(true);
});

it("two plugins that say true do not share what they keep", () => {
  const [one, other] = [true, true].map((history) => parseOptions({ ...GOOD, history }).history);
  expect(one?.store).not.toBe(other?.store);
});

it.each<[string, unknown, string]>([
  ["false", false, "history: got false; give an object"],
  ["a text", "redis", 'history: got "redis"; give an object'],
  [
    "an unknown option",
    { maxMesages: 1 },
    "history.maxMesages: unknown option; the options here are",
  ],
  [
    "no store",
    { store: {} },
    "history.store: got an object; give a store, such as memoryHistory()",
  ],
  [
    "no messages",
    { maxMessages: 0 },
    "history.maxMessages: got 0; give a whole number of messages",
  ],
  ["a moment", { ttlInMs: 999 }, "history.ttlInMs: got 999; give a whole number of milliseconds"],
  ["few bytes", { maxBytesPerStream: 1 }, "history.maxBytesPerStream: got 1; give a whole number"],
  ["no time", { appendTimeoutInMs: 0 }, "history.appendTimeoutInMs: got 0; give a whole number"],
  [
    "a list of groups",
    { groups: ["a"] },
    "history.groups: got an array of 1; give a function (name)",
  ],
  [
    "another carrier",
    { carrier: "mail" },
    'history.carrier: got "mail"; give "metadata" or "data"',
  ],
  ["no function", { authorize: true }, "history.authorize: got true; give a function (req, {"],
  [
    "too many",
    { replayOnJoin: 101 },
    "history.replayOnJoin: got 101; give a whole number of messages",
  ],
])("history with %s is refused by its name, with a remedy", (_, history, expected) => {
  expect(messageOf({ ...GOOD, history })).toContain(expected);
});

it("a store of history beyond loopback must speak TLS, unless that is said aloud", () => {
  const store = { description: "redis", insecureOrigin: "redis://cache:6379", open: () => {} };
  const options = { ...GOOD, history: { store } };
  expect(messageOf(options)).toContain(
    'history.store: is at "redis://cache:6379"; http:// is allowed',
  );
  const allowed = { ...options, service: { allowInsecure: true } };
  expect(parseOptions(allowed).history?.store).toBe(store);
});
