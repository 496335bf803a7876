import type { DemoEvent } from "../../../demo-app/contract/live.ts";
import { listenOn } from "../../../demo-app/http/listen.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";
import { connect } from "../support/connect.ts";
import { startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const recorded = (events: readonly DemoEvent[], kind: string) =>
  events.filter((it) => it.kind === kind);

describe("an operator of the demo", () => {
  it("an operator's drain takes an endpoint out of use at all app servers, until it is undone", async () => {
    const environment = await startEnvironment();

    await environment.operate("eastus", "drain");
    expect(environment.view.endpoints.map(({ isDrained }) => isDrained)).toEqual([true, false]);
    expect(environment.view.servers.map(({ answers }) => answers)).toEqual(["westus", "westus"]);
    expect(await environment.negotiate("eastus")).toMatchObject({ endpoint: "westus" });

    await environment.operate("eastus", "undrain");
    expect(environment.view.endpoints.map(({ isDrained }) => isDrained)).toEqual([false, false]);
    expect(await environment.negotiate("eastus")).toMatchObject({ endpoint: "eastus" });
  });

  it("an operator can force all clients to one endpoint, until that is undone", async () => {
    const environment = await startEnvironment();

    await environment.operate("westus", "force");
    expect(environment.view.endpoints.map(({ isForced }) => isForced)).toEqual([false, true]);
    expect(await environment.negotiate("eastus")).toMatchObject({ endpoint: "westus" });

    await environment.operate("westus", "unforce");
    expect(environment.view.servers.map(({ answers }) => answers)).toEqual(["eastus", "westus"]);
  });

  it("undoing an order that was never given changes nothing", async () => {
    const environment = await startEnvironment();

    await environment.operate("westus", "unforce");
    await environment.operate("westus", "undrain");

    expect(environment.events.entries).toEqual([]);
  });

  it("an order for an unknown endpoint is refused with 404", async () => {
    const environment = await startEnvironment();

    await expect(environment.operate("mars", "drain")).rejects.toMatchObject({ status: 404 });
  });
});

describe("an app server of the demo", () => {
  it("a stopped app server refuses connections, and its clients are served by the other", async () => {
    const environment = await startEnvironment();
    const [east] = environment.servers;

    await environment.stopServer("eastus");

    await expect(fetch(`${east?.url}/negotiate`)).rejects.toThrow();
    expect(environment.view.servers[0]).toMatchObject({
      isRunning: false,
      answers: null,
      links: [{ health: "unknown" }, { health: "unknown" }],
    });
    expect(await environment.negotiate("eastus")).toMatchObject({ endpoint: "westus" });
    await expect(environment.broadcast("eastus", "hi")).rejects.toMatchObject({ status: 409 });
  });

  it("a restarted app server is back on its port, with the orders of the operator still in force", async () => {
    const environment = await startEnvironment();
    const [before] = environment.servers;
    await environment.stopServer("eastus");
    await environment.operate("eastus", "drain");

    await environment.startServer("eastus");

    const { servers } = environment.view;
    expect(servers[0]).toMatchObject({ isRunning: true, url: before?.url, answers: "westus" });
    expect((await fetch(`${before?.url}/negotiate`)).status).toBe(200);
    expect(recorded(environment.events.entries, "serverStarted")).toHaveLength(1);
  });

  it("a restarted app server receives the events of its endpoint's clients again", async () => {
    const environment = await startEnvironment();
    await environment.stopServer("eastus");
    await environment.startServer("eastus");
    const ada = await connect(environment, "eastus");

    ada.say("is anybody there");

    expect(await ada.heard("is anybody there")).toMatchObject({ server: "eastus" });
  });

  it("an app server that is ordered to stop twice at once stops, and records one event", async () => {
    const environment = await startEnvironment();

    await Promise.all([environment.stopServer("eastus"), environment.stopServer("eastus")]);

    expect(environment.view.servers[0]?.isRunning).toBe(false);
    expect(recorded(environment.events.entries, "serverStopped")).toHaveLength(1);
  });

  it("an app server refuses to start when another program has taken its port", async () => {
    const environment = await startEnvironment();
    const port = environment.servers[0]?.port ?? 0;
    await environment.stopServer("eastus");
    const thief = closeAfterTest(await listenOn(port));

    await expect(environment.startServer("eastus")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(String(port)),
    });
    await thief.close();

    await environment.startServer("eastus");
    expect(environment.view.servers[0]?.isRunning).toBe(true);
  });

  it("an app server of an unknown region can neither be stopped nor asked", async () => {
    const environment = await startEnvironment();

    await expect(environment.stopServer("mars")).rejects.toMatchObject({ status: 404 });
    await expect(environment.negotiate("mars")).rejects.toMatchObject({ status: 404 });
  });

  it("negotiate is refused while no app server runs, and the refusal says why", async () => {
    const environment = await startEnvironment();
    await Promise.all([environment.stopServer("eastus"), environment.stopServer("westus")]);

    await expect(environment.negotiate("eastus")).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining("No app server"),
    });
  });
});

describe("the topology of the demo", () => {
  it("in the client-client topology all app servers agree on one endpoint, and move together", async () => {
    const environment = await startEnvironment();

    await environment.setTopology("client-client");
    const { agreement, servers, topology } = environment.view;
    expect(topology).toBe("client-client");
    expect(servers.map(({ answers }) => answers)).toEqual([agreement?.active, agreement?.active]);
    const other = agreement?.active === "eastus" ? "westus" : "eastus";

    await environment.operate(other, "force");
    await until(() => environment.view.servers.every(({ answers }) => answers === other));
    expect(environment.view.agreement).toEqual({ epoch: 2, active: other });
    expect(environment.view.endpoints.map(({ isForced }) => isForced)).toEqual([false, false]);
    expect(recorded(environment.events.entries, "agreementChanged").length).toBeGreaterThanOrEqual(
      2,
    );

    await environment.setTopology("client-server");
    expect(environment.view).toMatchObject({
      topology: "client-server",
      agreement: null,
      servers: [{ answers: "eastus" }, { answers: "westus" }],
    });
  });

  it("the client-client topology refuses to switch to an endpoint that is down, and says why", async () => {
    const environment = await startEnvironment();
    await environment.setFault("westus", "crash");
    await until(async () => {
      await environment.negotiate("westus");
      return environment.view.servers.every(({ links }) => links[1]?.health === "unhealthy");
    });
    await environment.setTopology("client-client");

    await expect(environment.operate("westus", "force")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("westus"),
    });
  });

  it("a topology that is ordered twice at once changes once", async () => {
    const environment = await startEnvironment();

    await Promise.all([
      environment.setTopology("client-client"),
      environment.setTopology("client-client"),
    ]);

    expect(environment.view.topology).toBe("client-client");
    expect(recorded(environment.events.entries, "operator")).toHaveLength(1);
  });
});

describe("a chat message of the demo", () => {
  it("a chat message goes to the app server of the client's endpoint, which broadcasts it to all", async () => {
    const environment = await startEnvironment();
    const [ada, bob] = [await connect(environment, "eastus"), await connect(environment, "westus")];

    ada.say("hello from the east");

    for (const hearer of [ada, bob]) {
      expect(await hearer.heard("hello from the east")).toMatchObject({ server: "eastus" });
    }
    const [event] = recorded(environment.events.entries, "clientEvent");
    expect(event).toMatchObject({ server: "eastus", endpoint: "eastus" });
    expect(event?.text).toContain("hello from the east");
  });

  it("chat messages that many clients send at once become few events", async () => {
    const environment = await startEnvironment();
    const ada = await connect(environment, "eastus");

    for (let number = 1; number <= 30; number++) ada.say(`message ${number}`);
    await until(() => environment.events.entries.some(({ text }) => text.includes("25 more")));

    expect(recorded(environment.events.entries, "clientEvent")).toHaveLength(5);
    expect(recorded(environment.events.entries, "clientEvents")).toHaveLength(1);
  });

  it("a chat message that an app server broadcasts reaches the clients of both regions", async () => {
    const environment = await startEnvironment();
    const [ada, bob] = [await connect(environment, "eastus"), await connect(environment, "westus")];

    const report = await environment.broadcast("westus", "to all");

    expect(report).toMatchObject({ delivered: ["eastus", "westus"], failed: [], skipped: [] });
    for (const hearer of [ada, bob]) {
      expect(await hearer.heard("to all")).toMatchObject({ kind: "broadcast", server: "westus" });
    }
  });
});
