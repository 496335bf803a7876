import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { until } from "../support/until.ts";
import { type PageClientOptions, useClientPage } from "./support.ts";

jest.setTimeout(60_000);

const open = useClientPage();

interface Departure {
  readonly what: string;
  readonly happen: (eastus: Emulator) => unknown;
  /** The endpoint that it may be connected to afterwards. */
  readonly endsOn: RegExp;
  readonly connection: "same" | "new";
  readonly options?: PageClientOptions;
}

const quickly = { keepAliveIntervalInMs: 200, keepAliveTimeoutInMs: 400 };

// biome-ignore format: one line for each case
const departures: Departure[] = [
  { what: "a crash", happen: (eastus) => eastus.inject({ kind: "crash" }), endsOn: /^westus$/, connection: "new" },
  { what: "silence", happen: (eastus) => eastus.inject({ kind: "blackhole" }), endsOn: /^westus$/, connection: "new", options: quickly },
  { what: "a cut of the network", happen: (eastus) => eastus.dropSockets(), endsOn: /^eastus$/, connection: "same" },
  { what: "a restart that keeps connections", happen: (eastus) => eastus.restart({ keepState: true }), endsOn: /^eastus$/, connection: "same" },
  { what: "a restart that forgets them", happen: (eastus) => eastus.restart({ keepState: false }), endsOn: /^(east|west)us$/, connection: "new" },
];

describe("the client in Chromium, after", () => {
  it.each(departures)(
    "$what, is connected again, with its groups",
    async ({ happen, endsOn, connection, options }) => {
      const { eastus, pubsub, page } = await open();
      expect(await page.begin(options)).toBe("started");
      await page.run(`client.joinGroup("news")`);

      await happen(eastus);
      await page.cameBackTo(endsOn);
      await until(async () => {
        await pubsub.group("news").sendToAll({ text: "hi" });
        return (await page.heard("group-message")).length > 0;
      });

      const endpoint: string = await page.run("client.endpoint");
      const ids = (await page.seen("connected")).map(({ connectionId }) => connectionId);
      expect(new Set(ids).size).toBe(connection === "same" ? 1 : 2);
      expect(await page.seen("disconnected")).toHaveLength(connection === "same" ? 0 : 1);
      expect(await page.seen("moved")).toHaveLength(endpoint === "westus" ? 1 : 0);
      expect(page.errors).toEqual([]);
    },
  );

  it("a close by the app, reconnects without errors", async () => {
    const { pubsub, page } = await open();
    await page.begin();

    await pubsub.closeAllConnections({ reason: "tidying up" });
    await until(async () => (await page.seen("connected")).length === 2);

    const [first, second] = await page.seen("connected");
    expect(second?.connectionId).not.toBe(first?.connectionId);
    expect(await page.seen("disconnected")).toMatchObject([
      {
        connectionId: first?.connectionId,
        message: "Application server closed the connection. Reason: tidying up",
      },
    ]);
    expect(await page.run("client.endpoint")).toBe("eastus");
    expect([await page.seen("connect-failed"), page.errors]).toEqual([[], []]);
  });

  it.each<[string, (eastus: Emulator) => unknown]>([
    ["a cut", (eastus) => eastus.dropSockets()],
    ["a restart that keeps connections", (eastus) => eastus.restart({ keepState: true })],
  ])("%s, what was sent meanwhile arrives all the same, once and in order", async (_, happen) => {
    const { eastus, page } = await open();
    await page.begin();
    const service = new WebPubSubServiceClient(eastus.connectionString, "chat", {
      allowInsecureConnection: true,
    });
    const numbers = Array.from({ length: 50 }, (_value, index) => index);

    for (const number of numbers) {
      if (number === 20) await happen(eastus);
      await service.sendToAll({ number });
    }
    await until(async () => (await page.heard("server-message")).length >= numbers.length);

    expect(await page.heard("server-message")).toEqual(numbers.map((number) => ({ number })));
    expect(await page.seen("connected")).toHaveLength(1);
  });

  it("a crash, makes the calls of the meantime on the next endpoint, in order", async () => {
    const { eastus, page } = await open();
    await page.begin();
    await page.run(`client.joinGroup("news")`);
    const send = `client.sendToGroup("news", String(number), "text")`;
    await page.run(`
      globalThis.sent = new Promise((resolve) => client.on("state-changed", ({ state }) => {
        if (state !== "reconnecting") return;
        resolve(Promise.all([1, 2, 3, 4, 5].map((number) => ${send})));
      })); 0`);

    await eastus.inject({ kind: "crash" });
    await page.run("sent.then(() => {})");

    await until(async () => (await page.heard("group-message")).length === 5);
    expect(await page.heard("group-message")).toEqual(["1", "2", "3", "4", "5"]);
    expect(await page.run("client.endpoint")).toBe("westus");
  });
});
