import { until } from "../../support/until.ts";
import { startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const endpointsOf = (clients: readonly { endpoint: string | null }[]) =>
  clients.map(({ endpoint }) => endpoint);

describe("the simulated clients", () => {
  it("move when a region crashes; each move is recorded with its downtime, and those at the same time in one event", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(6);

    await environment.setFault("eastus", "crash");
    await until(() => environment.clients.moves.entries.length === 3);

    expect(environment.view.clientCounts.connected).toBe(6);
    expect(new Set(endpointsOf(environment.clients.views))).toEqual(new Set(["westus"]));
    for (const move of environment.clients.moves.entries) {
      expect(move).toMatchObject({ from: "eastus", to: "westus" });
      expect(move.downtimeInMs).toBeGreaterThan(0);
      expect(environment.clients.views.find(({ id }) => id === move.id)).toMatchObject({
        moves: 1,
        downtimeInMs: move.downtimeInMs,
      });
    }
    const line = await environment.events.first(({ text }) => text.includes("moved"));
    expect(line).toMatchObject({ kind: "clients", tone: "good", endpoint: "westus" });
    expect(line.text).toMatch(/^\d clients? moved from eastus to westus, p99 \d\.\d s$/);
    // Those who come together are told together, and a busy machine may part them.
    const recordedCount = (what: RegExp): number =>
      environment.events.entries
        .map(({ text }) => Number(what.exec(text)?.[1] ?? 0))
        .reduce((sum, count) => sum + count, 0);
    await until(() => recordedCount(/^(\d) clients? moved from eastus to westus/) === 3);
    expect(recordedCount(/^(\d) clients? lost the connection to eastus$/)).toBe(3);
  });

  it("are all on one endpoint in client-client, and on their primaries again afterwards", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(4);

    await environment.setTopology("client-client");
    const active = environment.view.agreement?.active;
    await until(() =>
      endpointsOf(environment.clients.views).every((endpoint) => endpoint === active),
    );

    await environment.setTopology("client-server");
    await until(() =>
      environment.clients.views.every(({ endpoint, homeRegion }) => endpoint === homeRegion),
    );
  });
});
