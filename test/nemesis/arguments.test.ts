import { parseNemesisArguments } from "./arguments.ts";

it("a nemesis run has defaults for everything", () => {
  expect(parseNemesisArguments([])).toMatchObject({
    minutes: 5,
    seed: 1,
    store: "redis",
    servers: 5,
    endpoints: 3,
    clients: 20,
    pollInMs: 200,
    leaseInMs: 2000,
    json: false,
  });
});

it("the stories of a nemesis run are all, none, or those that are named", () => {
  expect(parseNemesisArguments([]).stories).toContain("deposed-leader");
  expect(parseNemesisArguments(["--stories", "none"]).stories).toEqual([]);
  const named = ["--stories", "absent-store,deposed-leader"];
  expect(parseNemesisArguments(named).stories).toEqual(["absent-store", "deposed-leader"]);
});

it.each([
  ["--minutes", "-1", '--minutes: got "-1"; give a number from 0 to 1440'],
  ["--seed", "x", '--seed: got "x"; give a whole number from 0 to 2147483647'],
  ["--servers", "1", '--servers: got "1"; give a whole number from 2 to 9'],
  ["--store", "disk", '--store: got "disk"; give redis or azure-blob'],
  ["--lease", "300", '--lease: got "300"; give a whole number from 800 to 600000'],
  ["--stories", "none,all", /--stories: got "none"; give all, none, or some of deposed-leader/],
])("a nemesis run refuses %s %s", (option, value, message) => {
  expect(() => parseNemesisArguments([`${option}=${value}`])).toThrow(message);
});
