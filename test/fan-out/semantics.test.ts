import { FanOutError, type FanOutReport, type ListedConnection } from "express-resilient-pubsub";
import { connectClient } from "../support/official-client.ts";
import { startWorld } from "../support/regions.ts";
import { until } from "../support/until.ts";
import {
  type Condition,
  conditions,
  down,
  heal,
  type Inhabitant,
  type InhabitedWorld,
  inhabit,
  type Region,
  type RegionName,
  startInhabitedWorld,
  subjectIn,
} from "./support/inhabited-world.ts";
import { type CommandCase, casesOf, newGroup, type Subject } from "./support/operation-cases.ts";

/** What becomes of a command on one endpoint. */
type Fate = "delivered" | "failed" | "other-endpoint" | "not-found" | typeof down;
type Fates = Readonly<Record<RegionName, Fate>>;

const endpoints = ["eastus", "westus"] as const;
const nobody: Subject = { userId: "nobody", connectionId: "nobody" };

async function rejectionOf(promise: Promise<unknown>): Promise<FanOutError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(FanOutError);
  return error as FanOutError;
}

function expectReport(report: FanOutReport, fates: Fates): void {
  const having = (isWanted: (fate: Fate) => boolean) =>
    endpoints.filter((endpoint) => isWanted(fates[endpoint]));
  expect(report).toEqual({
    delivered: having((fate) => fate === "delivered"),
    failed: having((fate) => fate === "failed").map((endpoint) => ({
      endpoint,
      error: expect.objectContaining({ statusCode: 500 }),
    })),
    skipped: having((fate) => fate !== "delivered" && fate !== "failed").map((endpoint) => ({
      endpoint,
      reason: fates[endpoint],
    })),
  });
  const isAsked = (fate: Fate) => fate !== down && fate !== "other-endpoint";
  expect(report.outcomes.map(({ endpoint, attempts }) => [endpoint, attempts])).toEqual(
    endpoints.map((endpoint) => [endpoint, isAsked(fates[endpoint]) ? 1 : 0]),
  );
}

describe("a command", () => {
  const commands = casesOf("command");
  const aboutConnections = commands.filter(([, { meant }]) => meant === "the connection");
  const aboutMany = commands.filter(([, { meant }]) => meant !== "the connection");
  const aboutUsers = commands.filter(([, , { about }]) => about === "user");

  const nameOf = ({ userId }: Inhabitant, { name }: Region) => `${userId} in ${name}`;

  function isMeant({ meant }: CommandCase, { userId, connectionId }: Subject, one: Inhabitant) {
    if (meant === "everybody") return true;
    return meant === "the user" ? one.userId === userId : one.connectionId === connectionId;
  }

  /** Those to whom it has been done. */
  async function affectedBy({ isDoneTo }: CommandCase, { regions }: InhabitedWorld) {
    const all = regions.flatMap((region) =>
      region.inhabitants.map(async (one) =>
        (await isDoneTo(one, region)) ? [nameOf(one, region)] : [],
      ),
    );
    return (await Promise.all(all)).flat();
  }

  async function order(
    world: InhabitedWorld,
    command: CommandCase,
    subject: Subject,
    condition: Condition,
    require?: "all",
  ): Promise<FanOutReport> {
    await Promise.all(world.regions.map((region) => command.prepare?.(region)));
    await conditions[condition](world);
    return command.order(world.pubsub, subject, require && { require });
  }

  async function expectFates(
    world: InhabitedWorld,
    command: CommandCase,
    subject: Subject,
    { condition, ...fates }: Fates & { condition: Condition },
  ): Promise<void> {
    const ordering = order(world, command, subject, condition);
    const isDelivered = Object.values(fates).includes("delivered");
    const report = isDelivered ? await ordering : (await rejectionOf(ordering)).report;
    expectReport(report, { eastus: fates.eastus, westus: fates.westus });

    await heal(world);
    const reached = world.regions.filter(({ name }) => fates[name] === "delivered");
    expect(await affectedBy(command, world)).toEqual(
      reached.flatMap((region) =>
        region.inhabitants
          .filter((one) => isMeant(command, subject, one))
          .map((one) => nameOf(one, region)),
      ),
    );
  }

  describe.each(aboutMany)("%s goes to every endpoint in use:", (_, command) => {
    it.each([
      { condition: "all are up", eastus: "delivered", westus: "delivered" },
      { condition: "eastus is down", eastus: down, westus: "delivered" },
      { condition: "eastus fails", eastus: "failed", westus: "delivered" },
      { condition: "all are down", eastus: down, westus: down },
    ] as const)("if $condition, eastus: $eastus, westus: $westus", async (cell) => {
      const world = await startInhabitedWorld();
      await expectFates(world, command, subjectIn(world.eastus, "ada"), cell);
    });

    it.each<[Condition, string[]]>([
      ["eastus is down", ["westus"]],
      ["eastus fails", ["westus"]],
      ["all are down", []],
    ])('if %s, require: "all" is not met', async (condition, delivered) => {
      const world = await startInhabitedWorld();
      const subject = subjectIn(world.eastus, "ada");
      const { report } = await rejectionOf(order(world, command, subject, condition, "all"));
      expect(report.delivered).toEqual(delivered);
    });

    it('if all are up, require: "all" is met', async () => {
      const world = await startInhabitedWorld();
      const subject = subjectIn(world.eastus, "ada");
      await order(world, command, subject, "all are up", "all");
    });
  });

  describe.each(aboutUsers)("%s, of a user", (_, command, { tellsAbsence }) => {
    const condition = "all are up";
    const where404 = tellsAbsence ? "not-found" : "delivered";

    it(`of one region only, is ${where404} in the other one`, async () => {
      const world = await startInhabitedWorld();
      const fates = { eastus: where404, westus: "delivered" } as const;
      await expectFates(world, command, subjectIn(world.westus, "bob"), { condition, ...fates });
    });

    it('of one region only, meets require: "all"', async () => {
      const world = await startInhabitedWorld();
      await order(world, command, subjectIn(world.westus, "bob"), condition, "all");
    });

    it(`who is nowhere, is ${where404} everywhere`, async () => {
      const world = await startInhabitedWorld();
      const fates = { eastus: where404, westus: where404 } as const;
      await expectFates(world, command, nobody, { condition, ...fates });
    });
  });

  describe.each(aboutConnections)(
    "%s goes to every endpoint in use while the endpoint of the connection is not known:",
    (_, command, { tellsAbsence }) => {
      const where404 = tellsAbsence ? "not-found" : "delivered";
      it.each([
        { condition: "all are up", location: "eastus", eastus: "delivered", westus: where404 },
        { condition: "eastus is down", location: "eastus", eastus: down, westus: where404 },
        { condition: "eastus is down", location: "westus", eastus: down, westus: "delivered" },
        { condition: "eastus fails", location: "eastus", eastus: "failed", westus: where404 },
        { condition: "eastus fails", location: "westus", eastus: "failed", westus: "delivered" },
        { condition: "all are down", location: "eastus", eastus: down, westus: down },
      ] as const)(
        "if it is $location and $condition, eastus: $eastus, westus: $westus",
        async ({ location, ...cell }) => {
          const world = await startInhabitedWorld();
          await expectFates(world, command, subjectIn(world[location], "ada"), cell);
        },
      );

      it('if all are up, require: "all" is met', async () => {
        const world = await startInhabitedWorld();
        await order(world, command, subjectIn(world.eastus, "ada"), "all are up", "all");
      });

      it.each<Condition>(["eastus is down", "eastus fails"])(
        'if it is westus and %s, require: "all" is not met',
        async (condition) => {
          const world = await startInhabitedWorld();
          const subject = subjectIn(world.westus, "ada");
          const { report } = await rejectionOf(order(world, command, subject, condition, "all"));
          expect(report.delivered).toEqual(["westus"]);
        },
      );
    },
  );

  describe.each(aboutConnections)(
    "%s goes to the endpoint of the connection alone once that is known:",
    (_, command, { tellsAbsence }) => {
      it.each([
        {
          condition: "all are up",
          location: "eastus",
          eastus: "delivered",
          westus: "other-endpoint",
        },
        { condition: "eastus is down", location: "eastus", eastus: down, westus: "other-endpoint" },
        {
          condition: "eastus is down",
          location: "westus",
          eastus: "other-endpoint",
          westus: "delivered",
        },
        {
          condition: "eastus fails",
          location: "eastus",
          eastus: "failed",
          westus: "other-endpoint",
        },
        {
          condition: "eastus fails",
          location: "westus",
          eastus: "other-endpoint",
          westus: "delivered",
        },
        { condition: "all are down", location: "eastus", eastus: down, westus: "other-endpoint" },
      ] as const)(
        "if it is $location and $condition, eastus: $eastus, westus: $westus",
        async ({ location, ...cell }) => {
          const world = await startInhabitedWorld({ sendsEvents: true });
          await expectFates(world, command, subjectIn(world[location], "ada"), cell);
        },
      );

      it.each<Condition>(["all are up", "eastus is down", "eastus fails"])(
        'if it is westus and %s, require: "all" is met',
        async (condition) => {
          const world = await startInhabitedWorld({ sendsEvents: true });
          await order(world, command, subjectIn(world.westus, "ada"), condition, "all");
        },
      );

      const whenGone = tellsAbsence
        ? ({ eastus: "not-found", westus: "not-found" } as const)
        : ({ eastus: "delivered", westus: "other-endpoint" } as const);
      it(`if it is gone, eastus: ${whenGone.eastus}, westus: ${whenGone.westus}`, async () => {
        const world = await startInhabitedWorld({ sendsEvents: true });
        const subject = subjectIn(world.eastus, "ada");
        await world.eastus.service.closeConnection(subject.connectionId);
        const ordering = command.order(world.pubsub, subject);
        const report = tellsAbsence ? (await rejectionOf(ordering)).report : await ordering;
        expectReport(report, whenGone);
      });
    },
  );
});

it("a message is sent as it was when the command was given, also at the start", async () => {
  const { eastus, westus, pubsub } = await startWorld();
  const regions = await Promise.all([inhabit("eastus", eastus), inhabit("westus", westus)]);
  const message = Buffer.from("hi");
  const sending = pubsub.sendToAll(message);
  message.fill("-");
  await sending;
  for (const { received } of regions.flatMap(({ inhabitants }) => inhabitants)) {
    await until(() => received.length > 0);
    expect(Buffer.from(received[0] as ArrayBuffer).toString()).toBe("hi");
  }
});

describe("the endpoint of a connection", () => {
  const commands = casesOf("command").filter(([, { meant }]) => meant === "the connection");

  async function isKnown({ pubsub }: InhabitedWorld, { connectionId }: Subject) {
    const { delivered } = await pubsub.sendToConnection(connectionId, "hi");
    return delivered.length === 1;
  }

  it.each(commands.filter(([, , { tellsAbsence }]) => tellsAbsence))(
    "is learnt from %s, which only that endpoint accepts",
    async (_, { order }) => {
      const world = await startInhabitedWorld();
      const subject = subjectIn(world.westus, "ada");
      await order(world.pubsub, subject);
      expect(await isKnown(world, subject)).toBe(true);
    },
  );

  it.each(commands.filter(([, , { tellsAbsence }]) => !tellsAbsence))(
    "is not learnt from %s, which every endpoint accepts",
    async (_, { order }) => {
      const world = await startInhabitedWorld();
      const subject = subjectIn(world.westus, "ada");
      await order(world.pubsub, subject);
      expect(await isKnown(world, subject)).toBe(false);
    },
  );

  it.each(casesOf("question").filter(([, { meant }]) => meant === "the connection"))(
    "is learnt from %s, when it is true",
    async (_, { ask, prepare }) => {
      const world = await startInhabitedWorld();
      const subject = subjectIn(world.westus, "ada");
      await prepare?.(world.westus);
      expect(await ask(world.pubsub, subject)).toBe(true);
      // It has been answered before the others have said that they do not have it.
      await until(() => isKnown(world, subject));
    },
  );

  it.each(casesOf("list"))("is learnt from %s", async (_, { list }) => {
    const world = await startInhabitedWorld();
    const subject = subjectIn(world.westus, "ada");
    for await (const _one of list(world.pubsub, subject));
    expect(await isKnown(world, subject)).toBe(true);
  });
});

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

  function subjectOf(world: InhabitedWorld, place: Cell["place"]): Subject {
    return place === "nowhere" ? nobody : subjectIn(world[place], inhabitants[place]);
  }

  /** The endpoints that have answered; when the plugin is closed, nothing is under way any more. */
  function listen({ pubsub, regions }: InhabitedWorld) {
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
    world: InhabitedWorld,
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
      await expectAnswer(await startInhabitedWorld(), question, cell);
    });

    it("is true as soon as one endpoint says so, while another one is silent", async () => {
      const world = await startInhabitedWorld();
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
        await expectAnswer(await startInhabitedWorld({ sendsEvents: true }), question, cell);
      });

      it("is false if it is gone, as said by all", async () => {
        const world = await startInhabitedWorld({ sendsEvents: true });
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
    const world = await startInhabitedWorld();
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
    const { pubsub } = await startInhabitedWorld();
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
    const world = await startInhabitedWorld();
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
    const world = await startInhabitedWorld();
    await conditions["all are down"](world);
    await expect(get(world.pubsub, nobody)).rejects.toMatchObject({
      code: "ERR_NO_HEALTHY_ENDPOINT",
    });
  });
});
