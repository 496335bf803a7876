import { once } from "node:events";
import { WebSocket } from "ws";
import type { FaultName, Happening, WorldView } from "../../../demo-app/contract/live.ts";
import { until } from "../../support/until.ts";
import { connect } from "../support/connect.ts";
import { startStage } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const linksTo = (world: WorldView, name: string) =>
  world.servers.flatMap(({ links }) => links.filter(({ endpoint }) => endpoint === name));

const kinds = (happenings: readonly Happening[]) => happenings.map(({ kind }) => kind);

describe("a stage that has just been set", () => {
  it("has two healthy regions, each the primary of its own app server", async () => {
    const stage = await startStage();

    expect(stage.world).toEqual({
      mode: "emulated",
      topology: "client-server",
      failback: "natural",
      endpoints: [
        { name: "eastus", fault: null, isDrained: false, isForced: false },
        { name: "westus", fault: null, isDrained: false, isForced: false },
      ],
      servers: [
        {
          region: "eastus",
          url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
          isRunning: true,
          answers: "eastus",
          links: [
            { endpoint: "eastus", role: "primary", health: "healthy", reason: null },
            { endpoint: "westus", role: "secondary", health: "healthy", reason: null },
          ],
        },
        {
          region: "westus",
          url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
          isRunning: true,
          answers: "westus",
          links: [
            { endpoint: "eastus", role: "secondary", health: "healthy", reason: null },
            { endpoint: "westus", role: "primary", health: "healthy", reason: null },
          ],
        },
      ],
      crowd: { wanted: 0, connected: 0 },
      broadcastEveryInMs: 0,
      agreement: null,
    });
    expect(stage.happenings.entries).toEqual([]);
  });
});

async function refusalOf(url: string): Promise<number | undefined> {
  const socket = new WebSocket(url, "json.webpubsub.azure.v1").on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  socket.terminate();
  return response.statusCode;
}

// biome-ignore format: one line for each fault
const VISIBLE: readonly [FaultName, string][] = [
  ["crash", "refused"],
  ["blackhole", "timeout"],
  ["slow", "timeout"],
  ["access-denied", "credentials-rejected"],
  ["gray", "failing-calls"],
  ["key-rotated", "credentials-rejected"],
];

describe("the fault", () => {
  it.each(VISIBLE)("%s takes its endpoint out for both app servers: %s", async (fault, reason) => {
    const stage = await startStage();
    stage.setBroadcasts(100);

    await stage.setFault("eastus", fault);
    expect(stage.world.endpoints[0]).toMatchObject({ name: "eastus", fault });
    await until(async () => {
      // As clients do that have lost their connection.
      await stage.negotiate("eastus").catch(() => {});
      return linksTo(stage.world, "eastus").every(({ health }) => health === "unhealthy");
    });

    const reasons = linksTo(stage.world, "eastus").map((link) => link.reason);
    expect([reason, "failing-calls"]).toEqual(expect.arrayContaining(reasons));
    expect(stage.world.servers.map(({ answers }) => answers)).toEqual(["westus", "westus"]);
    expect(kinds(stage.happenings.entries)).toEqual(
      expect.arrayContaining(["fault", "endpointDown", "failover"]),
    );

    await stage.setFault("eastus", null);
    expect(stage.world.endpoints[0]?.fault).toBeNull();
  });

  it("throttle leaves open clients alone, and the endpoint in use", async () => {
    const stage = await startStage();
    const ada = await connect(stage, "eastus");

    await stage.setFault("eastus", "throttle");
    expect(await refusalOf((await stage.negotiate("eastus")).url)).toBe(429);

    expect(ada.isOpen()).toBe(true);
    expect(linksTo(stage.world, "eastus")).toMatchObject([
      { health: "healthy" },
      { health: "healthy" },
    ]);
  });

  it("is gone after it is healed, and clients are sent home", async () => {
    const stage = await startStage();
    await stage.setFault("eastus", "crash");
    await until(async () => (await stage.negotiate("eastus")).endpoint === "westus");

    await stage.setFault("eastus", null);

    await until(async () => (await stage.negotiate("eastus")).endpoint === "eastus");
    await until(() => kinds(stage.happenings.entries).includes("failback"));
    expect(kinds(stage.happenings.entries)).toEqual(
      expect.arrayContaining(["probeFailed", "healed", "endpointUp"]),
    );
  });

  it("takes the place of the one before", async () => {
    const stage = await startStage();
    await stage.setFault("eastus", "key-rotated");
    await stage.setFault("eastus", "throttle");
    await stage.setFault("eastus", null);

    const ada = await connect(stage, "eastus");

    expect(ada.endpoint).toBe("eastus");
  });

  it("that is there already is not told again", async () => {
    const stage = await startStage();

    await Promise.all([stage.setFault("eastus", "gray"), stage.setFault("eastus", "gray")]);

    expect(kinds(stage.happenings.entries).filter((kind) => kind === "fault")).toHaveLength(1);
  });

  it("needs an endpoint that there is", async () => {
    const stage = await startStage();

    await expect(stage.setFault("mars", "crash")).rejects.toMatchObject({ status: 404 });
  });
});
