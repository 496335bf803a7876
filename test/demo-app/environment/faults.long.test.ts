import { once } from "node:events";
import { WebSocket } from "ws";
import type { DemoEvent, EnvironmentView, FaultName } from "../../../demo-app/contract/live.ts";
import { until } from "../../support/until.ts";
import { connect } from "../support/connect.ts";
import { startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const linksTo = (view: EnvironmentView, name: string) =>
  view.servers.flatMap(({ links }) => links.filter(({ endpoint }) => endpoint === name));

const kinds = (events: readonly DemoEvent[]) => events.map(({ kind }) => kind);

describe("an environment that has just started", () => {
  it("an environment that has just started has two healthy regions, each the primary of its own app server", async () => {
    const environment = await startEnvironment();

    expect(environment.view).toEqual({
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
      clientCounts: { wanted: 0, connected: 0 },
      broadcastEveryInMs: 0,
      isComparing: false,
      agreement: null,
    });
    expect(environment.events.entries).toEqual([]);
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

describe("a fault of an emulated region", () => {
  it.each(VISIBLE)(
    "%s takes the endpoint out of use at both app servers: %s",
    async (fault, reason) => {
      const environment = await startEnvironment();
      environment.setBroadcasts(100);

      await environment.setFault("eastus", fault);
      expect(environment.view.endpoints[0]).toMatchObject({ name: "eastus", fault });
      await until(async () => {
        // As clients do that have lost their connection.
        await environment.negotiate("eastus").catch(() => {});
        return linksTo(environment.view, "eastus").every(({ health }) => health === "unhealthy");
      });

      const reasons = linksTo(environment.view, "eastus").map((link) => link.reason);
      expect([reason, "failing-calls"]).toEqual(expect.arrayContaining(reasons));
      expect(environment.view.servers.map(({ answers }) => answers)).toEqual(["westus", "westus"]);
      expect(kinds(environment.events.entries)).toEqual(
        expect.arrayContaining(["fault", "endpointDown", "failover"]),
      );

      await environment.setFault("eastus", null);
      expect(environment.view.endpoints[0]?.fault).toBeNull();
    },
  );

  it("throttle keeps open connections, and the endpoint in use", async () => {
    const environment = await startEnvironment();
    const ada = await connect(environment, "eastus");

    await environment.setFault("eastus", "throttle");
    expect(await refusalOf((await environment.negotiate("eastus")).url)).toBe(429);

    expect(ada.isOpen()).toBe(true);
    expect(linksTo(environment.view, "eastus")).toMatchObject([
      { health: "healthy" },
      { health: "healthy" },
    ]);
  });

  it("healing a region removes its fault, and negotiate names the primary again", async () => {
    const environment = await startEnvironment();
    await environment.setFault("eastus", "crash");
    await until(async () => (await environment.negotiate("eastus")).endpoint === "westus");

    await environment.setFault("eastus", null);

    await until(async () => (await environment.negotiate("eastus")).endpoint === "eastus");
    await until(() => kinds(environment.events.entries).includes("failback"));
    expect(kinds(environment.events.entries)).toEqual(
      expect.arrayContaining(["probeFailed", "healed", "endpointUp"]),
    );
  });

  it("a fault replaces the fault that was active before in its region", async () => {
    const environment = await startEnvironment();
    await environment.setFault("eastus", "key-rotated");
    await environment.setFault("eastus", "throttle");
    await environment.setFault("eastus", null);

    const ada = await connect(environment, "eastus");

    expect(ada.endpoint).toBe("eastus");
  });

  it("a fault that is active already is not recorded again", async () => {
    const environment = await startEnvironment();

    await Promise.all([
      environment.setFault("eastus", "gray"),
      environment.setFault("eastus", "gray"),
    ]);

    expect(kinds(environment.events.entries).filter((kind) => kind === "fault")).toHaveLength(1);
  });

  it("gray leaves clients connected and deaf, which shows, until their reviews have moved them", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(4);
    // By each of two servers, for up to 20 s until a review: no more than the 300 messages that a read gives.
    environment.setBroadcasts(200);
    await until(() => environment.figures.crowds.withHistory.sent > 0);

    await environment.setFault("eastus", "gray");

    await until(() => environment.figures.crowds.withHistory.deaf === 1);
    await until(() => environment.figures.crowds.withHistory.deaf === 0, 60_000);
    expect(environment.figures.crowds.withHistory).toMatchObject({ missed: 0, doubled: 0 });
  }, 90_000);

  it("a fault of an unknown endpoint is refused with 404", async () => {
    const environment = await startEnvironment();

    await expect(environment.setFault("mars", "crash")).rejects.toMatchObject({ status: 404 });
  });
});
