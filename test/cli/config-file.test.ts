import { parseConfig } from "../../src/cli/config-file.ts";

const parse = (text: string) => parseConfig(text, "emulator.json");

test("a configuration file has the options of startEmulator as they are", () => {
  const options = { port: 0, hubs: { Chat: { failedEvents: "close" } }, admin: { port: 1 } };
  expect(parse(JSON.stringify(options))).toEqual(options);
});

test("a configuration file may begin with a byte order mark", () => {
  expect(parse('\uFEFF{"port": 1}')).toEqual({ port: 1 });
});

test.each<[string, object | null, RegExp]>([
  ["an unknown option", { prot: 1 }, / prot: unknown option/],
  [
    "an unknown setting of a hub",
    { hubs: { a: { handlers: [] } } },
    /hubs\.a\.handlers: unknown option/,
  ],
  ["a value of the wrong type", { port: "8080" }, /port: /],
  ["a value out of range", { limits: { connections: 0 } }, /limits\.connections: /],
  ["a list", [], /emulator\.json: /],
  ["null", null, /emulator\.json: /],
  ["every mistake at once", { port: -1, seed: "x" }, / port: .*\n {2}seed: /],
  ["one hub in two spellings", { hubs: { a: {}, A: {} } }, /hubs\.A: the hub is there twice/],
])(
  "in a configuration file, %s is refused with its path and the file's name",
  (_what, options, message) => {
    expect(() => parse(JSON.stringify(options))).toThrow(
      expect.objectContaining({
        code: "ERR_INVALID_OPTIONS",
        message: expect.stringMatching(message),
      }),
    );
    expect(() => parse(JSON.stringify(options))).toThrow(/^Invalid options for emulator\.json:\n/);
  },
);

test.each([
  ["a comma too many", '{\n  "port": 1,\n}', /is not valid JSON \(line 3, column 1\)\.$/],
  ["another language", "port: 1", /^The config file emulator\.json is not valid JSON/],
  ["nothing", "", /is not valid JSON/],
])("a configuration file that is no JSON is refused: %s", (_what, text, message) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ name: "CommandError", message: expect.stringMatching(message) }),
  );
});

test.each([
  '{"accessKey": "hidden"',
  '"hidden',
  "hidden",
  '{"accessKey": "hidden;"}',
  '{"accessKey": ["hidden"]}',
])("no message about a configuration file repeats the key in %s", (text) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("hidden") }),
  );
});
