import type { FanOutReport } from "express-resilient-pubsub";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";
import { rejectionOf } from "./support/fan-out-error.ts";
import { type CommandCase, casesOf, nobody, type Subject } from "./support/operation-cases.ts";
import {
  type Condition,
  conditions,
  connectClients,
  down,
  heal,
  type Region,
  type RegionClient,
  type RegionName,
  type RegionsWithClients,
  startRegionsWithClients,
  subjectIn,
} from "./support/regions-with-clients.ts";

/** What becomes of a command on one endpoint. */
type Fate = "delivered" | "failed" | "other-endpoint" | "not-found" | typeof down;
type Fates = Readonly<Record<RegionName, Fate>>;

const endpoints = ["eastus", "westus"] as const;

function expectReport(report: FanOutReport, fates: Fates): void {
  const having = (isWanted: (fate: Fate) => boolean) =>
    endpoints.filter((endpoint) => isWanted(fates[endpoint]));
  expect({ ...report }).toEqual({
    delivered: having((fate) => fate === "delivered"),
    failed: having((fate) => fate === "failed").map((endpoint) => ({
      endpoint,
      reason: "endpoint",
      status: 500,
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

  const nameOf = ({ userId }: RegionClient, { name }: Region) => `${userId} in ${name}`;

  function isMeant({ meant }: CommandCase, { userId, connectionId }: Subject, one: RegionClient) {
    if (meant === "everybody") return true;
    return meant === "the user" ? one.userId === userId : one.connectionId === connectionId;
  }

  /** Those to whom it has been done. */
  async function affectedBy({ isDoneTo }: CommandCase, { regions }: RegionsWithClients) {
    const all = regions.flatMap((region) =>
      region.clients.map(async (one) =>
        (await isDoneTo(one, region)) ? [nameOf(one, region)] : [],
      ),
    );
    return (await Promise.all(all)).flat();
  }

  async function order(
    world: RegionsWithClients,
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
    world: RegionsWithClients,
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
        region.clients
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
      const world = await startRegionsWithClients();
      await expectFates(world, command, subjectIn(world.eastus, "ada"), cell);
    });

    it.each<[Condition, string[]]>([
      ["eastus is down", ["westus"]],
      ["eastus fails", ["westus"]],
      ["all are down", []],
    ])('if %s, require: "all" is not met', async (condition, delivered) => {
      const world = await startRegionsWithClients();
      const subject = subjectIn(world.eastus, "ada");
      const { report } = await rejectionOf(order(world, command, subject, condition, "all"));
      expect(report.delivered).toEqual(delivered);
    });

    it('if all are up, require: "all" is met', async () => {
      const world = await startRegionsWithClients();
      const subject = subjectIn(world.eastus, "ada");
      await order(world, command, subject, "all are up", "all");
    });
  });

  describe.each(aboutUsers)("%s, of a user", (_, command, { tellsAbsence }) => {
    const condition = "all are up";
    const where404 = tellsAbsence ? "not-found" : "delivered";

    it(`of one region only, is ${where404} in the other one`, async () => {
      const world = await startRegionsWithClients();
      const fates = { eastus: where404, westus: "delivered" } as const;
      await expectFates(world, command, subjectIn(world.westus, "bob"), { condition, ...fates });
    });

    it('of one region only, meets require: "all"', async () => {
      const world = await startRegionsWithClients();
      await order(world, command, subjectIn(world.westus, "bob"), condition, "all");
    });

    it(`who is nowhere, is ${where404} everywhere`, async () => {
      const world = await startRegionsWithClients();
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
          const world = await startRegionsWithClients();
          await expectFates(world, command, subjectIn(world[location], "ada"), cell);
        },
      );

      it('if all are up, require: "all" is met', async () => {
        const world = await startRegionsWithClients();
        await order(world, command, subjectIn(world.eastus, "ada"), "all are up", "all");
      });

      it.each<Condition>(["eastus is down", "eastus fails"])(
        'if it is westus and %s, require: "all" is not met',
        async (condition) => {
          const world = await startRegionsWithClients();
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
          const world = await startRegionsWithClients({ sendsEvents: true });
          await expectFates(world, command, subjectIn(world[location], "ada"), cell);
        },
      );

      it.each<Condition>(["all are up", "eastus is down", "eastus fails"])(
        'if it is westus and %s, require: "all" is met',
        async (condition) => {
          const world = await startRegionsWithClients({ sendsEvents: true });
          await order(world, command, subjectIn(world.westus, "ada"), condition, "all");
        },
      );

      // Only an event has told where it was, and the service knows it no more.
      const where404 = tellsAbsence ? "not-found" : "delivered";
      const whenGone = { eastus: where404, westus: where404 } as const;
      it(`but to all when it is gone, eastus: ${where404}, westus: ${where404}`, async () => {
        const world = await startRegionsWithClients({ sendsEvents: true });
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
  const { eastus, westus, pubsub } = await startRegions();
  const regions = await Promise.all([
    connectClients("eastus", eastus),
    connectClients("westus", westus),
  ]);
  const message = Buffer.from("hi");
  const sending = pubsub.sendToAll(message);
  message.fill("-");
  await sending;
  for (const { received } of regions.flatMap(({ clients: inhabitants }) => inhabitants)) {
    await until(() => received.length > 0);
    expect(Buffer.from(received[0] as ArrayBuffer).toString()).toBe("hi");
  }
});

describe("the endpoint of a connection", () => {
  const commands = casesOf("command").filter(([, { meant }]) => meant === "the connection");

  async function isKnown({ pubsub }: RegionsWithClients, { connectionId }: Subject) {
    const { delivered } = await pubsub.sendToConnection(connectionId, "hi");
    return delivered.length === 1;
  }

  it.each(commands.filter(([, , { tellsAbsence }]) => tellsAbsence))(
    "is learnt from %s, which only that endpoint accepts",
    async (_, { order }) => {
      const world = await startRegionsWithClients();
      const subject = subjectIn(world.westus, "ada");
      await order(world.pubsub, subject);
      expect(await isKnown(world, subject)).toBe(true);
    },
  );

  it.each(commands.filter(([, , { tellsAbsence }]) => !tellsAbsence))(
    "is not learnt from %s, which every endpoint accepts",
    async (_, { order }) => {
      const world = await startRegionsWithClients();
      const subject = subjectIn(world.westus, "ada");
      await order(world.pubsub, subject);
      expect(await isKnown(world, subject)).toBe(false);
    },
  );

  it.each(casesOf("question").filter(([, { meant }]) => meant === "the connection"))(
    "is learnt from %s, when it is true",
    async (_, { ask, prepare }) => {
      const world = await startRegionsWithClients();
      const subject = subjectIn(world.westus, "ada");
      await prepare?.(world.westus);
      expect(await ask(world.pubsub, subject)).toBe(true);
      // It has been answered before the others have said that they do not have it.
      await until(() => isKnown(world, subject));
    },
  );

  it.each(casesOf("list"))("is learnt from %s", async (_, { list }) => {
    const world = await startRegionsWithClients();
    const subject = subjectIn(world.westus, "ada");
    for await (const _one of list(world.pubsub, subject));
    expect(await isKnown(world, subject)).toBe(true);
  });
});
