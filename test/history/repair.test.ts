import { memoryHistory } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";
import { FaultyStore } from "./support/faulty-store.ts";
import { inWords, type Listener, listenAt } from "./support/listeners.ts";

jest.setTimeout(60_000);

const LIMITS = { maxMessages: 1000, maxBytesPerStream: 1e6, ttlInMs: 300_000, maxResends: 20 };
const call = { signal: new AbortController().signal };

async function startWorld(store = new FaultyStore(memoryHistory()), options = {}) {
  const world = await startRegions({
    history: { store, appendTimeoutInMs: 2000 },
    fanOut: { timeoutInMs: 1500 },
    health: { schedule: "* * * * * *", fall: 1, rise: 1 },
    ...options,
  });
  const [ada, bob, plain] = await Promise.all([
    listenAt(world.eastus, { userId: "ada" }),
    listenAt(world.westus, { userId: "bob" }),
    listenAt(world.westus, { userId: "bob", keepsPositions: false }),
    world.pubsub.ready(),
  ]);
  await until(() => [ada, bob].every(({ heard }) => heard.length > 0));
  for (const { heard } of [ada, bob]) heard.length = 0;
  return { ...world, store, ada, bob, plain };
}

/** The messages that a listener was sent, by their offsets, each once. */
const offsetsOf = ({ heard }: Listener): number[] => [
  ...new Set(
    heard.flatMap(({ envelope }) =>
      envelope?.type === "message" ? (envelope.position?.offset ?? []) : [],
    ),
  ),
];

const checksOf = (listener: Listener): string[] =>
  inWords(listener).filter((words) => words.startsWith("check"));

it.each<[string, (region: Emulator) => Promise<void>, (region: Emulator) => Promise<unknown>]>([
  [
    "answers 500",
    (region) => region.inject({ kind: "gray", status: 500 }),
    (region) => region.clear(),
  ],
  [
    "asks for a slower pace",
    (region) => region.inject({ kind: "throttle", retryAfterInSeconds: 60 }),
    (region) => region.clear(),
  ],
  [
    "answers nothing",
    (region) => region.inject({ kind: "blackhole", requestTypes: ["RESTAPI"] }),
    (region) => region.clear(),
  ],
])(
  "what a region that %s has not accepted is sent to it again, with the same position",
  async (_, breakIt, heal) => {
    const { westus, pubsub, bob, plain } = await startWorld();
    await breakIt(westus);
    const reports = await Promise.all([1, 2, 3].map((number) => pubsub.broadcast({ number })));
    expect(reports.map(({ history, delivered }) => [history, delivered])).toEqual(
      reports.map(() => ["logged", ["eastus"]]),
    );
    await heal(westus);
    // Of a region that has been out of use, clients look for themselves.
    await until(
      () => offsetsOf(bob).length === 3 || checksOf(bob).some((check) => check === "check hub 3"),
    );
    expect(plain.heard).toEqual([]);
  },
);

it("a server that was killed between logging and sending loses nothing: another one sends", async () => {
  const { store, ada, bob, plain } = await startWorld();
  const killed = await store.open("chat", LIMITS, () => {}, call);
  const message = { id: "m", dataType: "json", data: '{"n":1}' } as const;
  await killed.append([{ stream: "g:news", known: undefined, message, dueInMs: 200 }], call);
  await until(() => offsetsOf(ada).length === 1 && offsetsOf(bob).length === 1);
  expect(inWords(ada)).toEqual(['message group 1 {"n":1}']);
  expect(inWords(bob)).toEqual(['message group 1 {"n":1}']);
  expect(plain.heard).toEqual([]);
});

it("what a killed server has left out is left out once more, and told as a skip", async () => {
  const { store, ada, bob } = await startWorld();
  const killed = await store.open("chat", LIMITS, () => {}, call);
  const message = { id: "m", dataType: "text", data: "x", excluded: [ada.connectionId] } as const;
  await killed.append([{ stream: "g:news", known: undefined, message, dueInMs: 200 }], call);
  await until(() => ada.heard.length === 1 && bob.heard.length === 1);
  expect([inWords(ada), inWords(bob)]).toEqual([["skip group 1"], ['message group 1 "x"']]);
});

it("a message that was dropped before it could be sent again becomes a check", async () => {
  const { store, bob } = await startWorld();
  const killed = await store.open("chat", { ...LIMITS, maxMessages: 1 }, () => {}, call);
  const message = { id: "m", dataType: "text", data: "x" } as const;
  const append = { stream: "g:news", known: undefined, message, dueInMs: 200 };
  await killed.append([append, { ...append, message: { ...message, id: "n" } }], call);
  await until(() => bob.heard.length === 1);
  expect(inWords(bob)).toEqual(["check group 2"]);
});

it("nothing is sent twice where everything was accepted", async () => {
  const { pubsub, store, ada, bob } = await startWorld();
  for (const number of [1, 2, 3]) await pubsub.broadcast({ number });
  await until(() => store.calls.includes("settle"));
  const claims = store.calls.filter((name) => name === "claim").length;
  await until(() => store.calls.filter((name) => name === "claim").length > claims + 1);
  expect([ada, bob].map((one) => one.heard.length)).toEqual([3, 3]);
});

it.each([
  ["fails", { refuse: new Error("READONLY") }],
  ["answers nothing", { isSilent: true }],
])(
  "while the store %s, messages are sent without a position, and that is told once",
  async (_, fault) => {
    const store = new FaultyStore(memoryHistory());
    const { pubsub, bob, plain } = await startWorld(store, {
      history: { store, appendTimeoutInMs: 200 },
    });
    const told: string[] = [];
    pubsub.events.on("historyLost", () => void told.push("lost"));
    pubsub.events.on("historyRestored", () => void told.push("restored"));
    store.fault = fault;
    const reports = [];
    for (const number of [1, 2, 3]) reports.push(await pubsub.broadcast({ number }));
    expect(reports.map(({ history }) => history)).toEqual(reports.map(() => "bypassed"));
    await until(() => bob.heard.length === 3 && plain.heard.length === 3);
    expect(inWords(bob)).toEqual([1, 2, 3].map((number) => `bypassed hub - {"number":${number}}`));
    expect(told).toEqual(["lost"]);
    store.fault = {};
    await until(() => told.length === 2);
    expect(told).toEqual(["lost", "restored"]);
    expect(await pubsub.broadcast({ number: 4 })).toMatchObject({ history: "logged" });
    await until(() => checksOf(bob).includes("check all -") && offsetsOf(bob).length === 1);
  },
);

it("closing ends the outbox and the store, whatever is left to be sent", async () => {
  const { westus, pubsub, store } = await startWorld();
  await westus.inject({ kind: "gray", status: 500 });
  await pubsub.broadcast("x");
  const problems: unknown[] = [];
  pubsub.events.on("closeFailed", (event) => void problems.push(event));
  await pubsub.close();
  const calls = store.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(store.calls.length).toBe(calls);
  expect(problems).toEqual([]);
});
