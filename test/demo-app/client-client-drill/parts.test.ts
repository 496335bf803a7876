import { CountedStore } from "../../../demo-app/client-client-drill/counted-store.ts";
import { Conversation } from "../../../demo-app/client-client-drill/pair-deliveries.ts";
import { Split } from "../../../demo-app/client-client-drill/split-time.ts";
import { parseDrillArguments } from "../../../demo-app/drill-command/arguments.ts";
import { distributionOf } from "../../../demo-app/kit/distribution.ts";
import { memoryStore } from "../../../src/stores/memory-store.ts";

describe("the arguments of the drill", () => {
  it("play a failover of the client-server topology when there are none", () => {
    expect(parseDrillArguments([])).toEqual({
      topology: "client-server",
      clients: 100,
      json: false,
    });
  });

  it("choose topology, store and number of clients", () => {
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
  ])("%s is refused: %s", (args, message) => {
    expect(() => parseDrillArguments(args.split(" "))).toThrow(message);
  });
});

describe("a conversation", () => {
  it("is complete when each has heard every other on its endpoint, and tells after how long", () => {
    const conversation = new Conversation(2, "west", 1000);
    conversation.heard(0, 0, "west", 1100);
    conversation.heard(0, 1, "east", 1200);
    conversation.heard(0, 1, "west", 1300);
    conversation.heard(0, 1, "west", 1400);
    expect([conversation.isComplete, conversation.delays]).toEqual([false, [300]]);
    conversation.heard(1, 0, "west", 1500);
    expect([conversation.isComplete, conversation.delays]).toEqual([true, [300, 500]]);
  });
});

describe("a split", () => {
  it("lasts for as long as clients are on more than one endpoint", () => {
    const split = new Split();
    split.moved(undefined, "east", 0);
    split.moved(undefined, "east", 0);
    split.moved("east", "west", 100);
    split.moved("east", undefined, 150);
    split.moved(undefined, "west", 900);
    expect(split.take(1000)).toBe(50);
    expect(split.take(2000)).toBe(0);
  });

  it("is told so far while it lasts", () => {
    const split = new Split();
    split.moved(undefined, "east", 0);
    split.moved(undefined, "west", 100);
    expect([split.take(300), split.take(350)]).toEqual([200, 50]);
  });
});

it("a counted store tells the calls of the longest poll", async () => {
  const store = new CountedStore(memoryStore());
  const options = { signal: new AbortController().signal };
  const connection = await store.open("chat", options);
  await connection.readRecord(options);
  await connection.readObservations(options);
  await connection.replaceRecord(undefined, "text", options);
  await connection.readRecord(options);
  expect(store.calls).toEqual({
    polls: 2,
    calls: 4,
    mostInOnePoll: 3,
    byOperation: { readRecord: 2, readObservations: 1, replaceRecord: 1 },
  });
});

it.each([
  [[], { min: 0, p50: 0, p90: 0, p99: 0, max: 0 }],
  [[7], { min: 7, p50: 7, p90: 7, p99: 7, max: 7 }],
  [[4, 1, 3, 2], { min: 1, p50: 2, p90: 4, p99: 4, max: 4 }],
])("the distribution of %j", (values, expected) => {
  expect(distributionOf(values)).toEqual(expected);
});
