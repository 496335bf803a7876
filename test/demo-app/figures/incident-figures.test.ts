import {
  type CrowdNow,
  type CrowdsNow,
  IncidentFigures,
} from "../../../demo-app/figures/incident-figures.ts";

const quiet = { sent: 0, missed: 0, missedUntold: 0, replayed: 0, doubled: 0, outOfOrder: 0 };
const crowd = (deliveries: Partial<CrowdNow["deliveries"]> = {}): CrowdNow => ({
  clients: 30,
  without: 0,
  deaf: 0,
  deliveries: { ...quiet, ...deliveries },
});
const now = (differences: Partial<CrowdsNow> = {}): CrowdsNow => ({
  withHistory: crowd(),
  withoutHistory: crowd(),
  microsoft: null,
  ...differences,
});
const move = (downtimeInMs: number) => ({ id: 1, from: "a", to: "b", downtimeInMs, at: 0 });

describe("the figures of an incident", () => {
  it("keep failover and failback apart, and the clients of each kind", () => {
    const figures = new IncidentFigures();
    for (const downtime of [400, 600]) figures.moved("withHistory", move(downtime), false);
    figures.moved("withHistory", move(50), true);
    figures.moved("microsoft", move(31_000), false);

    const { crowds } = figures.view(now({ microsoft: crowd() }));

    expect(crowds.withHistory).toMatchObject({
      failover: { moves: 2, p50InMs: 400, p99InMs: 600 },
      failback: { moves: 1, p99InMs: 50 },
    });
    expect(crowds.withoutHistory).toMatchObject({ failover: null, failback: null });
    expect(crowds.microsoft).toMatchObject({ failover: { moves: 1, p99InMs: 31_000 } });
  });

  it("count from the last thing that was done, which they name", () => {
    const figures = new IncidentFigures();
    figures.moved("withHistory", move(400), false);
    const before = crowd({ sent: 100, replayed: 6, missed: 2 });

    figures.begin("eastus crashes", 1000, now({ withHistory: before }));

    const after = crowd({ sent: 160, replayed: 21, missed: 1 });
    expect(figures.view(now({ withHistory: after }))).toMatchObject({
      since: { at: 1000, text: "eastus crashes" },
      crowds: { withHistory: { sent: 60, replayed: 15, missed: 0, failover: null } },
    });
  });

  it("have none of Microsoft's clients until somebody compares", () => {
    expect(new IncidentFigures().view(now()).crowds.microsoft).toBeNull();
  });
});
