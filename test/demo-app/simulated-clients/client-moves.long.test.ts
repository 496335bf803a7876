import { until } from "../../support/until.ts";
import { startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const endpointsOf = (clients: readonly { endpoint: string | null }[]) =>
  clients.map(({ endpoint }) => endpoint);

describe("the simulated clients", () => {
  it("stay on the secondary with natural failback, and are moved back by paced failback", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(4);
    await environment.setFault("eastus", "crash");
    await until(() => environment.clients.moves.entries.length === 2);
    await environment.setFault("eastus", null);
    await until(async () => (await environment.negotiate("eastus")).endpoint === "eastus");
    expect(new Set(endpointsOf(environment.clients.views))).toEqual(new Set(["westus"]));

    await environment.setFailback("paced");

    expect(environment.view.failback).toBe("paced");
    await until(() => environment.clients.moves.entries.length === 4);
    expect(endpointsOf(environment.clients.views)).toEqual([
      "eastus",
      "westus",
      "eastus",
      "westus",
    ]);
    await environment.events.first(({ kind }) => kind === "failbackDone");
    expect(environment.events.entries.map(({ text }) => text)).not.toContain(
      "2 clients lost the connection to westus",
    );
  });

  it("move together when the endpoint crashes on which all app servers had agreed", async () => {
    const environment = await startEnvironment();
    environment.setBroadcasts(100);
    await environment.setTopology("client-client");
    await environment.clients.resize(4);
    const { active = "" } = environment.view.agreement ?? {};

    await environment.setFault(active, "crash");

    await until(() => environment.clients.moves.entries.length === 4);
    expect(environment.view.agreement).toMatchObject({ epoch: 2 });
    const now = environment.view.agreement?.active;
    expect(now).not.toBe(active);
    expect(new Set(endpointsOf(environment.clients.views))).toEqual(new Set([now]));
  });
});
