import type { ListedConnection } from "express-resilient-pubsub";
import { connectClient } from "../support/official-client.ts";
import { until } from "../support/until.ts";
import { rejectionOf } from "./support/fan-out-error.ts";
import { casesOf, newGroup, nobody, type Subject } from "./support/operation-cases.ts";
import {
  type Condition,
  conditions,
  heal,
  type RegionName,
  type RegionsWithClients,
  startRegionsWithClients,
  subjectIn,
} from "./support/regions-with-clients.ts";

const endpoints = ["eastus", "westus"] as const;

describe("a question", () => {
  const questions = casesOf("question");
  const inhabitants = { eastus: "eve", westus: "bob" } as const;

  interface Cell {
    readonly condition: Condition;
    /** Where that is which is asked about. */
    readonly place: RegionName | "nowhere";
    readonly answer: boolean | "unknown";
    readonly asked: readonly RegionName[];
  }

  function subjectOf(world: RegionsWithClients, place: Cell["place"]): Subject {
    return place === "nowhere" ? nobody : subjectIn(world[place], inhabitants[place]);
  }

  /** The endpoints that have answered; when the plugin is closed, nothing is under way any more. */
  function listen({ pubsub, regions }: RegionsWithClients) {
    const answered = new Set<string>();
    const onResponse = ({ request }: { request: { url: string } }) => {
      const region = regions.find(({ emulator }) => request.url.startsWith(emulator.endpoint));
      answered.add(region?.name ?? request.url);
    };
    const all = async () => {
      await pubsub.close();
      return [...answered].sort();
    };
    return { onResponse, all };
  }

  async function expectAnswer(
    world: RegionsWithClients,
    [, { ask, prepare }]: (typeof questions)[number],
    { condition, place, answer, asked }: Cell,
  ): Promise<void> {
    await Promise.all(world.regions.map((region) => prepare?.(region)));
    await conditions[condition](world);
    const { onResponse, all } = listen(world);
    const asking = ask(world.pubsub, subjectOf(world, place), { onResponse });
    if (answer === "unknown") {
      const { report } = await rejectionOf(asking);
      expect(report.failed.map(({ endpoint }) => endpoint)).toEqual(
        condition === "eastus fails" ? ["eastus"] : [],
      );
      if (condition === "all are down") expect(report.delivered).toEqual([]);
    } else {
      expect(await asking).toBe(answer);
    }
    expect(await all()).toEqual(asked);
  }

  describe.each(questions)("%s", (...question) => {
    const both = endpoints;
    it.each<Cell>([
      { condition: "all are up", place: "eastus", answer: true, asked: both },
      { condition: "all are up", place: "westus", answer: true, asked: both },
      { condition: "all are up", place: "nowhere", answer: false, asked: both },
      { condition: "eastus is down", place: "eastus", answer: false, asked: ["westus"] },
      { condition: "eastus is down", place: "westus", answer: true, asked: ["westus"] },
      { condition: "eastus is down", place: "nowhere", answer: false, asked: ["westus"] },
      { condition: "eastus fails", place: "eastus", answer: "unknown", asked: both },
      { condition: "eastus fails", place: "westus", answer: true, asked: both },
      { condition: "eastus fails", place: "nowhere", answer: "unknown", asked: both },
      { condition: "all are down", place: "eastus", answer: "unknown", asked: [] },
    ])("of what is $place is $answer if $condition, as said by $asked", async (cell) => {
      await expectAnswer(await startRegionsWithClients(), question, cell);
    });

    it("is true as soon as one endpoint says so, while another one is silent", async () => {
      const world = await startRegionsWithClients();
      const [, { ask, prepare }] = question;
      await prepare?.(world.westus);
      await world.eastus.emulator.inject({ kind: "blackhole", requestTypes: ["RESTAPI"] });
      const longAfterThisTest = 30_000;
      const asking = ask(world.pubsub, subjectOf(world, "westus"), {
        timeoutInMs: longAfterThisTest,
      });
      expect(await asking).toBe(true);
      await heal(world);
    });
  });

  describe.each(questions.filter(([, { meant }]) => meant === "the connection"))(
    "%s, of a connection whose endpoint is known,",
    (...question) => {
      it.each<Cell>([
        { condition: "all are up", place: "eastus", answer: true, asked: ["eastus"] },
        { condition: "all are up", place: "westus", answer: true, asked: ["westus"] },
        { condition: "eastus is down", place: "eastus", answer: false, asked: ["westus"] },
        { condition: "eastus is down", place: "westus", answer: true, asked: ["westus"] },
        { condition: "eastus fails", place: "eastus", answer: "unknown", asked: ["eastus"] },
        { condition: "eastus fails", place: "westus", answer: true, asked: ["westus"] },
        { condition: "all are down", place: "eastus", answer: "unknown", asked: [] },
      ])("is $answer if it is $place and $condition, as said by $asked", async (cell) => {
        const world = await startRegionsWithClients();
        await world.pubsub.connectionExists(subjectOf(world, cell.place).connectionId);
        await expectAnswer(world, question, cell);
      });

      it.each<Cell>([
        { condition: "all are up", place: "eastus", answer: true, asked: endpoints },
        { condition: "eastus fails", place: "westus", answer: true, asked: endpoints },
      ])(
        "is $answer if only an event says that it is $place and $condition, as said by $asked",
        async (cell) => {
          await expectAnswer(await startRegionsWithClients({ sendsEvents: true }), question, cell);
        },
      );

      it("is false if it is gone, as said by all", async () => {
        const world = await startRegionsWithClients({ sendsEvents: true });
        const { connectionId } = subjectOf(world, "westus");
        await world.westus.service.closeConnection(connectionId);
        const { onResponse, all } = listen(world);
        const [, { ask }] = question;
        const subject = { userId: "bob", connectionId };
        expect(await ask(world.pubsub, subject, { onResponse })).toBe(false);
        expect(await all()).toEqual(endpoints);
      });
    },
  );
});

describe.each(casesOf("list"))("%s gives the members on every endpoint in use,", (_, { list }) => {
  const ways = {
    "one by one": (connections: ReturnType<typeof list>) => connections,
    "page by page": (connections: ReturnType<typeof list>) => connections.byPage(),
  } as const;

  /** What it gives before it ends or throws. */
  async function readTo(
    listed: ListedConnection[],
    entries: AsyncIterable<ListedConnection | ListedConnection[]>,
  ): Promise<void> {
    for await (const entry of entries) listed.push(...[entry].flat());
  }

  it.each(
    Object.entries(ways).flatMap(([way, through]) =>
      [
        { condition: "all are up", given: ["eastus", "westus"] },
        { condition: "eastus is down", given: ["westus"] },
        { condition: "eastus fails", given: ["westus"], failed: ["eastus"] },
        { condition: "all are down", given: [], failed: [] },
      ].map((cell) => ({ way, through, ...cell })),
    ),
  )("$way; if $condition, those of $given", async ({ through, condition, given, failed }) => {
    const world = await startRegionsWithClients();
    await conditions[condition as Condition](world);
    const listed: ListedConnection[] = [];
    const reading = readTo(listed, through(list(world.pubsub, subjectIn(world.eastus, "ada"))));
    if (failed === undefined) await reading;
    else {
      const { report } = await rejectionOf(reading);
      expect(report.delivered).toEqual(given);
      expect(report.failed.map(({ endpoint }) => endpoint)).toEqual(failed);
    }
    const expected = world.regions
      .filter(({ name }) => given.includes(name))
      .map((region) => ({
        connectionId: subjectIn(region, "ada").connectionId,
        userId: "ada",
        endpoint: region.name,
      }));
    expect(listed.sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1))).toEqual(expected);
  });

  it("a list of a user or group without connections is empty", async () => {
    const { pubsub } = await startRegionsWithClients();
    const listed: ListedConnection[] = [];
    await readTo(listed, list(pubsub, nobody));
    expect(listed).toEqual([]);
  });
});

describe.each(casesOf("token"))("%s gives one of an endpoint in use,", (_, { get }) => {
  it.each<[Condition, RegionName]>([
    ["all are up", "eastus"],
    ["eastus is down", "westus"],
    // With an access key the token is made here, and nobody is asked.
    ["eastus fails", "eastus"],
  ])("if %s, of %s, and a client connects with it", async (condition, name) => {
    const world = await startRegionsWithClients();
    await conditions[condition](world);
    const { endpoint, url, baseUrl, token } = await get(world.pubsub, nobody);
    expect([endpoint, url]).toEqual([name, `${baseUrl}?access_token=${token}`]);
    await heal(world);
    const { connectionIds } = await connectClient(url);
    const connectionId = await until(() => connectionIds[0]);
    const members: unknown[] = [];
    const { service } = world[name];
    for await (const member of await service.group(newGroup).listConnections()) {
      members.push(member);
    }
    expect(members).toEqual([{ connectionId, userId: nobody.userId }]);
  });

  it("if all are down, nobody's", async () => {
    const world = await startRegionsWithClients();
    await conditions["all are down"](world);
    await expect(get(world.pubsub, nobody)).rejects.toMatchObject({
      code: "ERR_NO_HEALTHY_ENDPOINT",
    });
  });
});
