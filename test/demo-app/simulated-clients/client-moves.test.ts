import { until } from "../../support/until.ts";
import { startStage } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const endpointsOf = (clients: readonly { endpoint: string | null }[]) =>
  clients.map(({ endpoint }) => endpoint);

describe("the crowd", () => {
  it("moves when a region crashes, and tells each move, its downtime, and lines for those who come together", async () => {
    const stage = await startStage();
    await stage.crowd.resize(6);

    await stage.setFault("eastus", "crash");
    await until(() => stage.crowd.moves.entries.length === 3);

    expect(stage.world.crowd.connected).toBe(6);
    expect(new Set(endpointsOf(stage.crowd.clients))).toEqual(new Set(["westus"]));
    for (const move of stage.crowd.moves.entries) {
      expect(move).toMatchObject({ from: "eastus", to: "westus" });
      expect(move.downtimeInMs).toBeGreaterThan(0);
      expect(stage.crowd.clients.find(({ id }) => id === move.id)).toMatchObject({
        moves: 1,
        downtimeInMs: move.downtimeInMs,
      });
    }
    const line = await stage.happenings.first(({ text }) => text.includes("moved"));
    expect(line).toMatchObject({ kind: "clients", tone: "good", endpoint: "westus" });
    expect(line.text).toMatch(/^\d clients? moved from eastus to westus, p99 \d\.\d s$/);
    // Those who come together are told together, and a busy machine may part them.
    const told = (what: RegExp): number =>
      stage.happenings.entries
        .map(({ text }) => Number(what.exec(text)?.[1] ?? 0))
        .reduce((sum, count) => sum + count, 0);
    await until(() => told(/^(\d) clients? moved from eastus to westus/) === 3);
    expect(told(/^(\d) clients? lost the connection to eastus$/)).toBe(3);
  });

  it("stays away from home by itself, and is called home when failback is paced", async () => {
    const stage = await startStage();
    await stage.crowd.resize(4);
    await stage.setFault("eastus", "crash");
    await until(() => stage.crowd.moves.entries.length === 2);
    await stage.setFault("eastus", null);
    await until(async () => (await stage.negotiate("eastus")).endpoint === "eastus");
    expect(new Set(endpointsOf(stage.crowd.clients))).toEqual(new Set(["westus"]));

    await stage.setFailback("paced");

    expect(stage.world.failback).toBe("paced");
    await until(() => stage.crowd.moves.entries.length === 4);
    expect(endpointsOf(stage.crowd.clients)).toEqual(["eastus", "westus", "eastus", "westus"]);
    await stage.happenings.first(({ kind }) => kind === "failbackDone");
    expect(stage.happenings.entries.map(({ text }) => text)).not.toContain(
      "2 clients lost the connection to westus",
    );
  });

  it("is all on one endpoint while app servers agree, and at home again afterwards", async () => {
    const stage = await startStage();
    await stage.crowd.resize(4);

    await stage.setTopology("client-client");
    const active = stage.world.agreement?.active;
    await until(() => endpointsOf(stage.crowd.clients).every((endpoint) => endpoint === active));

    await stage.setTopology("client-server");
    await until(() => stage.crowd.clients.every(({ endpoint, home }) => endpoint === home));
  });

  it("moves together when the endpoint crashes that all app servers have agreed on", async () => {
    const stage = await startStage();
    stage.setBroadcasts(100);
    await stage.setTopology("client-client");
    await stage.crowd.resize(4);
    const { active = "" } = stage.world.agreement ?? {};

    await stage.setFault(active, "crash");

    await until(() => stage.crowd.moves.entries.length === 4);
    expect(stage.world.agreement).toMatchObject({ epoch: 2 });
    const now = stage.world.agreement?.active;
    expect(now).not.toBe(active);
    expect(new Set(endpointsOf(stage.crowd.clients))).toEqual(new Set([now]));
  });
});
