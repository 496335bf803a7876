import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";
import { inWords, type Listener, listenAt } from "./support/listeners.ts";

jest.setTimeout(60_000);

async function startWorld() {
  const world = await startRegions({
    history: true,
    fanOut: { timeoutInMs: 60_000 },
    health: { schedule: "* * * * * *", fall: 1, rise: 1 },
  });
  const { eastus, westus, pubsub } = world;
  const [ada, bob, plain] = await Promise.all([
    listenAt(eastus, { userId: "ada" }),
    listenAt(westus, { userId: "bob" }),
    listenAt(westus, { userId: "ada", keepsPositions: false }),
    pubsub.ready(),
  ]);
  // What an endpoint that is named for the first time is owed is no business of these tests.
  await until(() => [ada, bob].every(({ heard }) => heard.length === 1));
  for (const { heard } of [ada, bob]) heard.length = 0;
  return { ...world, ada, bob, plain };
}

const messagesOf = (listener: Listener): unknown[] =>
  listener.heard.filter(({ envelope }) => envelope?.type === "message").map(({ data }) => data);

it("a message to the hub, a group or a user has a position in its stream, beside its data", async () => {
  const { pubsub, ada, bob } = await startWorld();
  const reports = [
    await pubsub.broadcast({ n: 1 }),
    await pubsub.group("news").sendToAll("two", { contentType: "text/plain" }),
    await pubsub.sendToUser("ada", new Uint8Array([3])),
    await pubsub.sendToAll({ n: 4 }),
  ];
  expect(reports.map(({ history }) => history)).toEqual(reports.map(() => "logged"));
  await until(() => ada.heard.length === 4 && bob.heard.length === 3);
  expect(inWords(ada)).toEqual([
    'message hub 1 {"n":1}',
    'message group 1 "two"',
    "message user 1 {}",
    'message hub 2 {"n":4}',
  ]);
  expect(ada.heard[0]?.envelope).toEqual(bob.heard[0]?.envelope);
  expect(new Set(ada.heard.map(({ envelope }) => envelope?.id)).size).toBe(4);
});

it("what is sent with a filter, or to a connection, is of no stream", async () => {
  const { pubsub, ada } = await startWorld();
  const reports = [
    await pubsub.broadcast({ n: 1 }, { filter: "userId eq 'ada'" }),
    await pubsub.group("news").sendToAll({ n: 2 }, { filter: "userId eq 'ada'" }),
    await pubsub.sendToConnection(ada.connectionId, { n: 3 }),
  ];
  expect(reports.map(({ history }) => history)).toEqual(reports.map(() => "untracked"));
  await until(() => ada.heard.length === 3);
  expect(inWords(ada)).toEqual(['plain {"n":1}', 'plain {"n":2}', 'plain {"n":3}']);
});

it("a report tells of the history in its JSON; a command's, and one without history, does not", async () => {
  const { pubsub } = await startWorld();
  expect(JSON.parse(JSON.stringify(await pubsub.broadcast("x"))).history).toBe("logged");
  expect("history" in (await pubsub.closeAllConnections())).toBe(false);
  const without = await startRegions();
  expect("history" in (await without.pubsub.broadcast("x"))).toBe(false);
});

it("1,000 messages sent at once keep the order of the calls, at every client", async () => {
  const { pubsub, ada, bob } = await startWorld();
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  const timeoutInMs = 60_000;
  await Promise.all(
    numbers.map((number) => pubsub.group("news").sendToAll(number, { timeoutInMs })),
  );
  await until(() => ada.heard.length === 1000 && bob.heard.length === 1000);
  for (const { heard } of [ada, bob]) {
    const byOffset = heard.toSorted(
      (one, other) =>
        Number(one.envelope?.position?.offset) - Number(other.envelope?.position?.offset),
    );
    expect(byOffset.map(({ data }) => data)).toEqual(numbers);
  }
}, 60_000);

it("connections that a message leaves out are told its place, and nobody else is", async () => {
  const { pubsub, ada, bob, plain } = await startWorld();
  const excludedConnections = [ada.connectionId, plain.connectionId];
  await pubsub.group("news").sendToAll("secret", { excludedConnections });
  await pubsub.group("news").sendToAll("public");
  await until(() => ada.heard.length === 2 && bob.heard.length === 2 && plain.heard.length === 1);
  expect(inWords(ada).toSorted()).toEqual(['message group 2 "public"', "skip group 1"]);
  expect(inWords(bob)).toEqual(['message group 1 "secret"', 'message group 2 "public"']);
  expect(plain.heard.map(({ data }) => data)).toEqual(["public"]);
});

it("a message that a gray region did not take is sent to it again, to those who can tell it", async () => {
  const { westus, pubsub, ada, bob, plain } = await startWorld();
  const failures: string[] = [];
  pubsub.events.on("deliveryFailed", ({ endpoint }) => void failures.push(endpoint));
  await westus.inject({ kind: "gray", status: 500 });
  const report = await pubsub.broadcast({ n: 1 });
  expect(report).toMatchObject({ history: "logged", delivered: ["eastus"] });
  await westus.clear();
  await until(() => messagesOf(bob).length === 1);
  expect(inWords(bob)).toEqual(['message hub 1 {"n":1}']);
  expect(inWords(ada)).toEqual(['message hub 1 {"n":1}']);
  expect(plain.heard).toEqual([]);
  expect(failures).toEqual(["westus"]);
});

it("an endpoint that was out of use is sent one check of each stream when it is back", async () => {
  const { westus, pubsub, log, bob } = await startWorld();
  await westus.inject({ kind: "unhealthy", status: 503, requestTypes: ["Health"] });
  await until(() => log.includes("endpointDown westus (status(503))"));
  for (let number = 0; number < 30; number += 1) await pubsub.broadcast(number);
  await westus.clear();
  await until(() => bob.heard.length > 0);
  expect(inWords(bob)).toEqual(["check hub 30"]);
});

it("a message larger than a quarter of what is kept is sent, and not kept", async () => {
  const { pubsub, eastus } = await startRegions({ history: { maxBytesPerStream: 16_384 } });
  await pubsub.ready();
  const ada = await listenAt(eastus);
  const report = await pubsub.broadcast("x".repeat(4097), { contentType: "text/plain" });
  expect(report.history).toBe("untracked");
  await until(() => ada.heard.some(({ envelope }) => envelope === undefined));
});
