import { until } from "../../support/until.ts";
import { startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const endpointsOf = (clients: readonly { endpoint: string | null }[]) =>
  clients.map(({ endpoint }) => endpoint);

describe("the crowd", () => {
  it("is as large as is wanted, with homes in turn, each on its home's endpoint", async () => {
    const environment = await startEnvironment();

    await environment.crowd.resize(6);

    expect(environment.view.crowd).toEqual({ wanted: 6, connected: 6 });
    const { clients } = environment.crowd;
    expect(clients.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(clients.map(({ home }) => home).join(" ")).toBe(
      "eastus westus eastus westus eastus westus",
    );
    expect(endpointsOf(clients)).toEqual(clients.map(({ home }) => home));

    await environment.crowd.resize(2);
    expect(environment.crowd.clients.map(({ id }) => id)).toEqual([1, 2]);
    await environment.crowd.resize(3);
    expect(environment.crowd.clients).toHaveLength(3);
  });

  it("hears what is broadcast, and tells who has heard it", async () => {
    const environment = await startEnvironment();
    await environment.crowd.resize(4);
    const before = Date.now();

    await environment.broadcast("westus", "hear me");

    await until(async () => (await environment.crowd.hearersOf("hear me")).length === 4);
    const hearers = await environment.crowd.hearersOf("hear me");
    expect(hearers.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4]);
    for (const { at } of hearers) {
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(Date.now());
    }
    await until(() => environment.crowd.clients.every(({ messages }) => messages === 1));
    expect(await environment.crowd.hearersOf("nobody said this")).toEqual([]);
  });

  it("is told to the app server of its endpoint's region when it says something", async () => {
    const environment = await startEnvironment();
    await environment.crowd.resize(2);

    await environment.crowd.say(2, "hello from client two");

    const { server, endpoint } = await environment.events.first(
      ({ kind }) => kind === "clientEvent",
    );
    expect([server, endpoint]).toEqual(["westus", "westus"]);
    await until(
      async () => (await environment.crowd.hearersOf("hello from client two")).length === 2,
    );
    await expect(environment.crowd.say(3, "nobody")).rejects.toMatchObject({ status: 404 });
  });

  it("is started again, and said to be, when its process ends by itself", async () => {
    const environment = await startEnvironment();
    await environment.crowd.resize(2);

    await environment.crowd.kill();

    await environment.events.first(({ text }) => text.includes("SIGKILL"));
    await until(() => environment.view.crowd.connected === 2);
  });

  it("shows in the figures of each second", async () => {
    const environment = await startEnvironment();
    const answers = (index: number) =>
      environment.rates.entries.reduce((sum, rates) => sum + (rates.answers[index] ?? 0), 0);

    await environment.crowd.resize(4);
    await until(() => answers(0) === 2 && answers(1) === 2);
    environment.setBroadcasts(100);
    const rates = await environment.rates.first(({ delivered }) =>
      delivered.every((each) => each > 0),
    );

    expect(rates).toMatchObject({ answers: [0, 0], refused: 0, without: 0, lastMoveP99InMs: null });
  });

  it.each([-1, 501, 1.5])("cannot have %p clients", async (size) => {
    const environment = await startEnvironment();

    await expect(environment.crowd.resize(size)).rejects.toMatchObject({ status: 400 });
    expect(environment.view.crowd.wanted).toBe(0);
  });

  it("waits no longer for a size that nobody wants any more", async () => {
    const environment = await startEnvironment();
    await environment.crowd.resize(2);
    await environment.setFault("eastus", "blackhole");
    await environment.setFault("westus", "blackhole");

    const waiting = environment.crowd.resize(20);
    await environment.crowd.resize(0);
    await waiting;

    expect(environment.view.crowd.wanted).toBe(0);
  });
});
