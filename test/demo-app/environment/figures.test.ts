import { until } from "../../support/until.ts";
import { startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

describe("the figures of the environment", () => {
  it("tell how long a failover took, and count messages since the crash", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(8);
    // So often that nobody moves between two of them.
    environment.setBroadcasts(10);
    const crowds = () => environment.figures.crowds;
    // Only who has heard one before can miss the next.
    await until(() => crowds().withHistory.sent > 16 && crowds().withoutHistory.sent > 16);

    await environment.setFault("eastus", "crash");
    await until(() => crowds().withHistory.failover?.moves === 2);
    await until(() => crowds().withoutHistory.failover?.moves === 2);
    await until(() => crowds().withoutHistory.missed > 0 && crowds().withHistory.replayed > 0);

    expect(environment.figures.since).toMatchObject({ text: "eastus crashes" });
    expect(crowds()).toMatchObject({
      withHistory: { missed: 0, doubled: 0, failback: null, without: 0 },
      withoutHistory: { replayed: 0, doubled: 0, failback: null, without: 0 },
      microsoft: null,
    });
  });

  it("have clients of Microsoft's package go through the same, and tell that they are away", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(4);
    environment.setBroadcasts(100);

    environment.compare(true);
    await until(() => environment.figures.crowds.microsoft?.sent);
    await until(() => environment.microsoftClients.filter(({ endpoint }) => endpoint).length === 4);
    expect(environment.view.isComparing).toBe(true);
    await environment.setFault("eastus", "crash");

    await until(() => environment.figures.crowds.microsoft?.without === 2);
    await until(() => environment.figures.crowds.withHistory.failover?.moves === 1);
    expect(environment.figures.crowds.microsoft).toMatchObject({ clients: 4, failover: null });
    environment.compare(false);
    await until(() => environment.figures.crowds.microsoft === null);
  });
});

describe("an evacuation that an operator orders", () => {
  it("moves every client of an endpoint without a fault, and ends when it is given back", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(6);

    await environment.operate("eastus", "evacuate");
    await until(() => environment.clients.views.every(({ endpoint }) => endpoint === "westus"));

    expect(environment.view.endpoints[0]).toMatchObject({ isDrained: true, fault: null });
    expect(environment.events.entries.map(({ text }) => text)).toContain(
      "The operator evacuates eastus",
    );
    expect(environment.log.entries.some(({ text }) => text.includes("eastus"))).toBe(true);
    await environment.operate("eastus", "undrain");
    expect(environment.view.endpoints[0]).toMatchObject({ isDrained: false });
  });

  it("is refused in words when nobody else could take the clients, and changes nothing", async () => {
    const environment = await startEnvironment();
    await environment.operate("westus", "drain");

    await expect(environment.operate("eastus", "evacuate")).rejects.toMatchObject({ status: 409 });

    expect(environment.view.endpoints[0]).toMatchObject({ isDrained: false });
  });
});
