import { parseDrillArguments } from "../../../demo-app/drill-command/arguments.ts";

describe("the arguments of npm run drill", () => {
  it("choose the client-server topology and 100 clients when none are given", () => {
    expect(parseDrillArguments([])).toEqual({
      topology: "client-server",
      clients: 100,
      json: false,
    });
  });

  it("choose the topology, the store, the number of clients and JSON", () => {
    const args = "--topology client-client --store redis --clients 20 --json".split(" ");
    expect(parseDrillArguments(args)).toEqual({
      topology: "client-client",
      store: "redis",
      clients: 20,
      json: true,
    });
  });

  it.each([
    ["--topology=star", '--topology: got "star"; give client-server or client-client'],
    ["--topology=client-client --store=disk", '--store: got "disk"; give azure-blob or redis'],
    ["--topology=client-client --clients=1", '--clients: got "1"; give a whole number from 2 to'],
    ["--topology=client-client --clients=1e9", "give a whole number from 2 to 1000"],
    ["--clients=3", '--clients: got "3"; give a whole number from 4 to 400'],
    ["--clients=401", "give a whole number from 4 to 400"],
    ["--clients many", '--clients: got "many"'],
    ["--store=redis", "--store is for --topology client-client"],
    ["--what", "--what"],
  ])("refuse %s with: %s", (args, message) => {
    expect(() => parseDrillArguments(args.split(" "))).toThrow(message);
  });
});
