import { until } from "../../support/until.ts";
import { startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

const endpointsOf = (clients: readonly { endpoint: string | null }[]) =>
  clients.map(({ endpoint }) => endpoint);

describe("the simulated clients", () => {
  it("are as many as wanted, with alternating home regions, each on the endpoint of its region", async () => {
    const environment = await startEnvironment();

    await environment.clients.resize(6);

    expect(environment.view.clientCounts).toEqual({ wanted: 6, connected: 6 });
    const clients = environment.clients.views;
    expect(clients.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(clients.map(({ homeRegion }) => homeRegion).join(" ")).toBe(
      "eastus westus eastus westus eastus westus",
    );
    expect(endpointsOf(clients)).toEqual(clients.map(({ homeRegion }) => homeRegion));

    await environment.clients.resize(2);
    expect(environment.clients.views.map(({ id }) => id)).toEqual([1, 2]);
    await environment.clients.resize(3);
    expect(environment.clients.views).toHaveLength(3);
  });

  it("receive broadcasts, and say who has received which", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(4);
    const before = Date.now();

    await environment.broadcast("westus", "hear me");

    await until(async () => (await environment.clients.recipientsOf("hear me")).length === 4);
    const recipients = await environment.clients.recipientsOf("hear me");
    expect(recipients.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4]);
    for (const { at } of recipients) {
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(Date.now());
    }
    await until(() => environment.clients.views.every(({ messages }) => messages === 1));
    expect(await environment.clients.recipientsOf("nobody said this")).toEqual([]);
  });

  it("send chat events to the app server in the region of their endpoint", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(2);

    await environment.clients.sendChat(2, "hello from client two");

    const { server, endpoint } = await environment.events.first(
      ({ kind }) => kind === "clientEvent",
    );
    expect([server, endpoint]).toEqual(["westus", "westus"]);
    await until(
      async () => (await environment.clients.recipientsOf("hello from client two")).length === 2,
    );
    await expect(environment.clients.sendChat(3, "nobody")).rejects.toMatchObject({ status: 404 });
  });

  it("are started again when their process dies, which is recorded", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(2);

    await environment.clients.kill();

    await environment.events.first(({ text }) => text.includes("SIGKILL"));
    await until(() => environment.view.clientCounts.connected === 2);
  });

  it("are counted in the rates of each second", async () => {
    const environment = await startEnvironment();
    const answers = (index: number) =>
      environment.rates.entries.reduce((sum, rates) => sum + (rates.answers[index] ?? 0), 0);

    await environment.clients.resize(4);
    await until(() => answers(0) === 2 && answers(1) === 2);
    environment.setBroadcasts(100);
    const rates = await environment.rates.first(({ delivered }) =>
      delivered.every((each) => each > 0),
    );

    expect(rates).toMatchObject({ answers: [0, 0], refused: 0, without: 0 });
  });

  it.each([-1, 501, 1.5])("cannot be %p", async (size) => {
    const environment = await startEnvironment();

    await expect(environment.clients.resize(size)).rejects.toMatchObject({ status: 400 });
    expect(environment.view.clientCounts.wanted).toBe(0);
  });

  it("stop waiting for a number that is not wanted any more", async () => {
    const environment = await startEnvironment();
    await environment.clients.resize(2);
    await environment.setFault("eastus", "blackhole");
    await environment.setFault("westus", "blackhole");

    const waiting = environment.clients.resize(20);
    await environment.clients.resize(0);
    await waiting;

    expect(environment.view.clientCounts.wanted).toBe(0);
  });
});
