import { until } from "../../support/until.ts";
import { startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const EVERY_IN_MS = 50;

describe("the simulated clients, half of them with history", () => {
  it("differ in a crash: those without it miss broadcasts for good, those with it catch up", async () => {
    const environment = await startEnvironment();
    const deliveries = () => environment.clients.deliveries;
    await environment.clients.resize(8);
    environment.setBroadcasts(EVERY_IN_MS);
    await until(() => deliveries().withHistory.sent > 40 && deliveries().withoutHistory.sent > 40);
    expect(deliveries().withHistory).toMatchObject({ clients: 4, missed: 0, doubled: 0 });
    expect(deliveries().withoutHistory).toMatchObject({ clients: 4, doubled: 0 });

    await environment.setFault("eastus", "crash");
    await until(() => environment.clients.moves.entries.length === 4);
    const { sent } = deliveries().withHistory;
    await until(() => deliveries().withHistory.sent > sent + 40);

    await until(() => deliveries().withoutHistory.missed > 0);
    expect(deliveries().withHistory.replayed).toBeGreaterThan(0);
    expect(deliveries().withHistory).toMatchObject({
      missed: 0,
      missedUntold: 0,
      doubled: 0,
      outOfOrder: 0,
    });
    expect(deliveries().withoutHistory).toMatchObject({ replayed: 0, doubled: 0 });
  });

  it("are counted half and half in each region, and the counts outlive the clients", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(6);
    await environment.broadcast("westus", "hear me");
    const deliveries = () => environment.clients.deliveries;
    await until(() => deliveries().withHistory.sent + deliveries().withoutHistory.sent === 6);

    expect(deliveries().withHistory).toMatchObject({ clients: 4, sent: 4 });
    expect(deliveries().withoutHistory).toMatchObject({ clients: 2, sent: 2 });
    await environment.clients.resize(2);
    expect(deliveries().withHistory).toMatchObject({ clients: 2, sent: 4 });
    expect(deliveries().withoutHistory).toMatchObject({ clients: 0, sent: 2 });
  });
});
