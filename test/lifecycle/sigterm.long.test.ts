import { spawn } from "node:child_process";
import path from "node:path";
import { WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { bundledProgram } from "../support/bundled-program.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { fetchAnswer } from "../support/regions.ts";
import { until } from "../support/until.ts";

/** A server process of its own, with two emulated regions that bring it their events. */
async function startServer(order: string) {
  const eastus = closeAfterTest(await startEmulator());
  const westus = closeAfterTest(await startEmulator());
  const program = bundledProgram(path.join(__dirname, "programs/server-until-sigterm.ts"));
  const child = spawn(process.execPath, [program, order], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY: eastus.connectionString,
      WEB_PUBSUB_CONNECTION_STRING__WESTUS__SECONDARY: westus.connectionString,
    },
  });
  afterTest(() => child.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const lines: string[] = [];
  child.stdout.on("data", (chunk) => lines.push(...String(chunk).trim().split("\n")));
  await until(() => lines.length > 0);
  const url = `http://127.0.0.1:${lines[0]}`;
  for (const region of [eastus, westus]) {
    region.setHub("chat", {
      eventHandlers: [{ urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`, userEventPattern: "*" }],
    });
  }
  return { child, ended, lines, url };
}

/** Does something again and again, whatever comes of it, until it is told to end or the test is over. */
function repeat(workers: number, task: () => Promise<unknown>) {
  const state = { done: 0, isOver: false };
  afterTest(() => {
    state.isOver = true;
  });
  const work = async (): Promise<void> => {
    while (!state.isOver) {
      const hasWorked = await task().then(
        () => true,
        () => false,
      );
      if (hasWorked) state.done += 1;
      // A server that is gone refuses at once.
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  for (let worker = 0; worker < workers; worker += 1) void work();
  return state;
}

const noRetry = { messageRetryOptions: { maxRetries: 0 } };

/** Negotiates, sends of the application and events of clients, all the time. */
async function startLoad(url: string) {
  const negotiate = async () => (await fetchAnswer(`${url}/negotiate`)).body;
  const listener = await connectClient((await negotiate()).url, {
    protocol: WebPubSubJsonReliableProtocol(),
    autoReconnect: false,
  });
  const senders = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const { url: to } = await negotiate();
      const { client } = await connectClient(to, { autoReconnect: false, ...noRetry });
      return client;
    }),
  );
  const load = [
    repeat(4, async () => (await fetch(`${url}/negotiate`)).text()),
    repeat(4, async () => (await fetch(`${url}/notify`, { method: "POST" })).text()),
    ...senders.map((client) => repeat(1, () => client.sendEvent("greet", "hi", "text"))),
  ];
  await until(() => load.every(({ done }) => done > 5));
  const end = () => {
    for (const worker of load) worker.isOver = true;
  };
  return { listener, end };
}

describe("a server that is ended by SIGTERM under load", () => {
  // As long as the server is open, the load balancer must have left it by the time that the plugin ends.
  it.each([
    ["plugin, then server", 0],
    ["server, then plugin", 500],
    ["both at once", 500],
    ["both twice", 500],
  ])(
    "loses nothing when it closes %s, and the load goes on for %d ms",
    async (order, goesOnForMs) => {
      const { child, ended, lines, url } = await startServer(order);
      const { listener, end } = await startLoad(url);
      child.kill("SIGTERM");
      setTimeout(end, goesOnForMs);
      expect(await ended).toBe(0);
      const told = JSON.parse(lines.at(-1) ?? "");
      expect(told).toMatchObject({
        answered: told.accepted,
        delivered: told.begun,
        refused: 0,
        partly: 0,
        warnings: [],
      });
      expect(Object.keys(told.statuses).filter((kind) => !EXPECTED.has(kind))).toEqual([]);
      const heard = () => new Set(listener.received.map((data) => JSON.stringify(data))).size;
      await until(() => heard() === told.delivered);
      expect(listener.received.length).toBe(told.delivered);
    },
    60_000,
  );

  it("whose load never ends is gone in time all the same, and has told of all that it did not do", async () => {
    const { child, ended, lines, url } = await startServer("plugin, then server");
    await startLoad(url);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    const told = JSON.parse(lines.at(-1) ?? "");
    expect(told).toMatchObject({ answered: told.accepted, partly: 0, warnings: [] });
    expect(told.delivered + told.refused).toBe(told.begun);
    expect(Object.keys(told.statuses).filter((kind) => !EXPECTED.has(kind))).toEqual([]);
    expect(told.tookInMs).toBeLessThan(11_000);
  }, 60_000);
});

/** Every answer that there may be: what was done, or that another server had better do it. */
const EXPECTED = new Set([
  "negotiate 200",
  "negotiate 503",
  "notify 200",
  "api 204",
  "api 200",
  "api 503",
]);
