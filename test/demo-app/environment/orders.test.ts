import type { Happening } from "../../../demo-app/contract/live.ts";
import { listenOn } from "../../../demo-app/http/listen.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";
import { connect } from "../support/connect.ts";
import { startStage } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const told = (happenings: readonly Happening[], kind: string) =>
  happenings.filter((it) => it.kind === kind);

describe("an operator", () => {
  it("drains an endpoint at all app servers, and gives it back", async () => {
    const stage = await startStage();

    await stage.operate("eastus", "drain");
    expect(stage.world.endpoints.map(({ isDrained }) => isDrained)).toEqual([true, false]);
    expect(stage.world.servers.map(({ answers }) => answers)).toEqual(["westus", "westus"]);
    expect(await stage.negotiate("eastus")).toMatchObject({ endpoint: "westus" });

    await stage.operate("eastus", "undrain");
    expect(stage.world.endpoints.map(({ isDrained }) => isDrained)).toEqual([false, false]);
    expect(await stage.negotiate("eastus")).toMatchObject({ endpoint: "eastus" });
  });

  it("forces everybody to one endpoint, until that is taken back", async () => {
    const stage = await startStage();

    await stage.operate("westus", "force");
    expect(stage.world.endpoints.map(({ isForced }) => isForced)).toEqual([false, true]);
    expect(await stage.negotiate("eastus")).toMatchObject({ endpoint: "westus" });

    await stage.operate("westus", "unforce");
    expect(stage.world.servers.map(({ answers }) => answers)).toEqual(["eastus", "westus"]);
  });

  it("that takes back what was never ordered changes nothing", async () => {
    const stage = await startStage();

    await stage.operate("westus", "unforce");
    await stage.operate("westus", "undrain");

    expect(stage.happenings.entries).toEqual([]);
  });

  it("needs an endpoint that there is", async () => {
    const stage = await startStage();

    await expect(stage.operate("mars", "drain")).rejects.toMatchObject({ status: 404 });
  });
});

describe("an app server", () => {
  it("that is stopped refuses connections, and its clients are served by the other", async () => {
    const stage = await startStage();
    const [east] = stage.servers;

    await stage.stopServer("eastus");

    await expect(fetch(`${east?.url}/negotiate`)).rejects.toThrow();
    expect(stage.world.servers[0]).toMatchObject({
      isRunning: false,
      answers: null,
      links: [{ health: "unknown" }, { health: "unknown" }],
    });
    expect(await stage.negotiate("eastus")).toMatchObject({ endpoint: "westus" });
    await expect(stage.broadcast("eastus", "hi")).rejects.toMatchObject({ status: 409 });
  });

  it("comes back on its port, with the orders that still hold", async () => {
    const stage = await startStage();
    const [before] = stage.servers;
    await stage.stopServer("eastus");
    await stage.operate("eastus", "drain");

    await stage.startServer("eastus");

    const { servers } = stage.world;
    expect(servers[0]).toMatchObject({ isRunning: true, url: before?.url, answers: "westus" });
    expect((await fetch(`${before?.url}/negotiate`)).status).toBe(200);
    expect(told(stage.happenings.entries, "serverStarted")).toHaveLength(1);
  });

  it("hears the events of its endpoint's clients again when it is back", async () => {
    const stage = await startStage();
    await stage.stopServer("eastus");
    await stage.startServer("eastus");
    const ada = await connect(stage, "eastus");

    ada.say("is anybody there");

    expect(await ada.heard("is anybody there")).toMatchObject({ server: "eastus" });
  });

  it("that is ordered to stop twice at once is stopped, and told so once", async () => {
    const stage = await startStage();

    await Promise.all([stage.stopServer("eastus"), stage.stopServer("eastus")]);

    expect(stage.world.servers[0]?.isRunning).toBe(false);
    expect(told(stage.happenings.entries, "serverStopped")).toHaveLength(1);
  });

  it("says so when somebody else has taken its port meanwhile", async () => {
    const stage = await startStage();
    const port = stage.servers[0]?.port ?? 0;
    await stage.stopServer("eastus");
    const thief = closeAfterTest(await listenOn(port));

    await expect(stage.startServer("eastus")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(String(port)),
    });
    await thief.close();

    await stage.startServer("eastus");
    expect(stage.world.servers[0]?.isRunning).toBe(true);
  });

  it("that there is none of cannot be stopped or asked", async () => {
    const stage = await startStage();

    await expect(stage.stopServer("mars")).rejects.toMatchObject({ status: 404 });
    await expect(stage.negotiate("mars")).rejects.toMatchObject({ status: 404 });
  });

  it("when none is running, negotiate is refused with the reason", async () => {
    const stage = await startStage();
    await Promise.all([stage.stopServer("eastus"), stage.stopServer("westus")]);

    await expect(stage.negotiate("eastus")).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining("No app server"),
    });
  });
});

describe("the topology", () => {
  it("client-client has all app servers agree on one endpoint, and move together", async () => {
    const stage = await startStage();

    await stage.setTopology("client-client");
    const { agreement, servers, topology } = stage.world;
    expect(topology).toBe("client-client");
    expect(servers.map(({ answers }) => answers)).toEqual([agreement?.active, agreement?.active]);
    const other = agreement?.active === "eastus" ? "westus" : "eastus";

    await stage.operate(other, "force");
    await until(() => stage.world.servers.every(({ answers }) => answers === other));
    expect(stage.world.agreement).toEqual({ epoch: 2, active: other });
    expect(stage.world.endpoints.map(({ isForced }) => isForced)).toEqual([false, false]);
    expect(told(stage.happenings.entries, "agreementChanged").length).toBeGreaterThanOrEqual(2);

    await stage.setTopology("client-server");
    expect(stage.world).toMatchObject({
      topology: "client-server",
      agreement: null,
      servers: [{ answers: "eastus" }, { answers: "westus" }],
    });
  });

  it("client-client sends nobody to an endpoint that is down, and says why", async () => {
    const stage = await startStage();
    await stage.setFault("westus", "crash");
    await until(async () => {
      await stage.negotiate("westus");
      return stage.world.servers.every(({ links }) => links[1]?.health === "unhealthy");
    });
    await stage.setTopology("client-client");

    await expect(stage.operate("westus", "force")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("westus"),
    });
  });

  it("that is ordered twice at once is changed once", async () => {
    const stage = await startStage();

    await Promise.all([stage.setTopology("client-client"), stage.setTopology("client-client")]);

    expect(stage.world.topology).toBe("client-client");
    expect(told(stage.happenings.entries, "operator")).toHaveLength(1);
  });
});

describe("what is said", () => {
  it("is told to the app server of the client's endpoint, and by it to all", async () => {
    const stage = await startStage();
    const [ada, bob] = [await connect(stage, "eastus"), await connect(stage, "westus")];

    ada.say("hello from the east");

    for (const hearer of [ada, bob]) {
      expect(await hearer.heard("hello from the east")).toMatchObject({ server: "eastus" });
    }
    const [event] = told(stage.happenings.entries, "clientEvent");
    expect(event).toMatchObject({ server: "eastus", endpoint: "eastus" });
    expect(event?.text).toContain("hello from the east");
  });

  it("by very many at once is told in few lines", async () => {
    const stage = await startStage();
    const ada = await connect(stage, "eastus");

    for (let number = 1; number <= 30; number++) ada.say(`message ${number}`);
    await until(() => stage.happenings.entries.some(({ text }) => text.includes("25 more")));

    expect(told(stage.happenings.entries, "clientEvent")).toHaveLength(5);
    expect(told(stage.happenings.entries, "clientEvents")).toHaveLength(1);
  });

  it("by an app server reaches the clients of both regions", async () => {
    const stage = await startStage();
    const [ada, bob] = [await connect(stage, "eastus"), await connect(stage, "westus")];

    const report = await stage.broadcast("westus", "to all");

    expect(report).toMatchObject({ delivered: ["eastus", "westus"], failed: [], skipped: [] });
    for (const hearer of [ada, bob]) {
      expect(await hearer.heard("to all")).toMatchObject({ kind: "broadcast", server: "westus" });
    }
  });
});
