import { until } from "../support/until.ts";
import { startStage } from "./start-demo.ts";

jest.setTimeout(30_000);

const endpointsOf = (clients: readonly { endpoint: string | null }[]) =>
  clients.map(({ endpoint }) => endpoint);

describe("the crowd", () => {
  it("is as large as is wanted, with homes in turn, each on its home's endpoint", async () => {
    const stage = await startStage();

    await stage.crowd.resize(6);

    expect(stage.world.crowd).toEqual({ wanted: 6, connected: 6 });
    const { clients } = stage.crowd;
    expect(clients.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(clients.map(({ home }) => home).join(" ")).toBe(
      "eastus westus eastus westus eastus westus",
    );
    expect(endpointsOf(clients)).toEqual(clients.map(({ home }) => home));

    await stage.crowd.resize(2);
    expect(stage.crowd.clients.map(({ id }) => id)).toEqual([1, 2]);
    await stage.crowd.resize(3);
    expect(stage.crowd.clients).toHaveLength(3);
  });

  it("hears what is broadcast, and tells who has heard it", async () => {
    const stage = await startStage();
    await stage.crowd.resize(4);
    const before = Date.now();

    await stage.broadcast("westus", "hear me");

    await until(async () => (await stage.crowd.hearersOf("hear me")).length === 4);
    const hearers = await stage.crowd.hearersOf("hear me");
    expect(hearers.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4]);
    for (const { at } of hearers) {
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(Date.now());
    }
    await until(() => stage.crowd.clients.every(({ messages }) => messages === 1));
    expect(await stage.crowd.hearersOf("nobody said this")).toEqual([]);
  });

  it("moves when a region crashes, and tells each move, its downtime and one line for all", async () => {
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
    expect(line.text).toMatch(/^3 clients moved from eastus to westus, p99 \d\.\d s$/);
    expect(stage.happenings.entries.map(({ text }) => text)).toContain(
      "3 clients lost the connection to eastus",
    );
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

  it("is told to the app server of its endpoint's region when it says something", async () => {
    const stage = await startStage();
    await stage.crowd.resize(2);

    await stage.crowd.say(2, "hello from client two");

    const { server, endpoint } = await stage.happenings.first(({ kind }) => kind === "clientEvent");
    expect([server, endpoint]).toEqual(["westus", "westus"]);
    await until(async () => (await stage.crowd.hearersOf("hello from client two")).length === 2);
    await expect(stage.crowd.say(3, "nobody")).rejects.toMatchObject({ status: 404 });
  });

  it("is started again, and said to be, when its process ends by itself", async () => {
    const stage = await startStage();
    await stage.crowd.resize(2);

    await stage.crowd.kill();

    await stage.happenings.first(({ text }) => text.includes("SIGKILL"));
    await until(() => stage.world.crowd.connected === 2);
  });

  it("shows in the figures of each second", async () => {
    const stage = await startStage();
    const answers = (index: number) =>
      stage.rates.entries.reduce((sum, rates) => sum + (rates.answers[index] ?? 0), 0);

    await stage.crowd.resize(4);
    await until(() => answers(0) === 2 && answers(1) === 2);
    stage.setBroadcasts(100);
    const rates = await stage.rates.first(({ delivered }) => delivered.every((each) => each > 0));

    expect(rates).toMatchObject({ answers: [0, 0], refused: 0, without: 0, lastMoveP99InMs: null });
  });

  it.each([-1, 501, 1.5])("cannot have %p clients", async (size) => {
    const stage = await startStage();

    await expect(stage.crowd.resize(size)).rejects.toMatchObject({ status: 400 });
    expect(stage.world.crowd.wanted).toBe(0);
  });

  it("waits no longer for a size that nobody wants any more", async () => {
    const stage = await startStage();
    await stage.crowd.resize(2);
    await stage.setFault("eastus", "blackhole");
    await stage.setFault("westus", "blackhole");

    const waiting = stage.crowd.resize(20);
    await stage.crowd.resize(0);
    await waiting;

    expect(stage.world.crowd.wanted).toBe(0);
  });
});
