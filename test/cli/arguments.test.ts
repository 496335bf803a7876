import { describeOptions, readOptions } from "../../src/cli/arguments.ts";

const table = {
  size: { value: "N", help: "How big." },
  name: { value: "TEXT", help: "What it is called,\nby whom." },
  loud: { help: "Shouts." },
};

test.each<[string, string[], [string, string][]]>([
  ["nothing", [], []],
  ["a value after a space", ["--size", "3"], [["size", "3"]]],
  ["a value after =", ["--size=3"], [["size", "3"]]],
  ["a value with = in it", ["--name=a=b"], [["name", "a=b"]]],
  ["a value that begins with a dash, after =", ["--name=-x"], [["name", "-x"]]],
  ["a negative number", ["--size", "-3"], [["size", "-3"]]],
  ["an empty value", ["--name", ""], [["name", ""]]],
  ["a flag", ["--loud"], [["loud", ""]]],
  ["a separator", ["--loud", "--"], [["loud", ""]]],
  [
    "repetitions, in their order",
    ["--size", "1", "--loud", "--size", "2"],
    [
      ["size", "1"],
      ["loud", ""],
      ["size", "2"],
    ],
  ],
])("%s is read", (_what, argv, expected) => {
  expect(readOptions(table, argv).map(({ name, value }) => [name, value])).toEqual(expected);
});

test.each<[string, string[], string]>([
  ["an unknown option", ["--sise", "3"], "Unknown option --sise."],
  ["an unknown short option", ["-x"], "Unknown option -x."],
  ["a name that every object has", ["--constructor"], "Unknown option --constructor."],
  ["the prototype", ["--__proto__=1"], "Unknown option --__proto__."],
  ["a negated flag", ["--no-loud"], "Unknown option --no-loud."],
  ["a missing value at the end", ["--size"], "--size needs a value: --size N."],
  ["a missing value before an option", ["--size", "--loud"], "--size needs a value: --size N."],
  ["a flag with a value", ["--loud=yes"], "--loud takes no value."],
  ["an argument of its own", ["chat"], 'Unexpected argument "chat".'],
  ["an argument after the separator", ["--", "--loud"], 'Unexpected argument "--loud".'],
])("%s is refused", (_what, argv, message) => {
  expect(() => readOptions(table, argv)).toThrow(
    expect.objectContaining({ name: "UsageError", message }),
  );
});

test("a pasted connection string is refused without repeating its key", () => {
  const argv = ["Endpoint=http://localhost;AccessKey=hidden;Version=1.0;"];
  expect(() => readOptions(table, argv)).toThrow(/^Unexpected argument a string of \d+ characters/);
});

test("the help has one column of options and one of explanations", () => {
  expect(describeOptions(table).split("\n")).toEqual([
    "  --size N     How big.",
    "  --name TEXT  What it is called,",
    "               by whom.",
    "  --loud       Shouts.",
  ]);
});
