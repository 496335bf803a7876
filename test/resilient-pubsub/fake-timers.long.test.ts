import { type ResilientPubSubOptions, resilientPubSub } from "express-resilient-pubsub";
import { afterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { run } from "./support/run-program.ts";

const NOBODY = "Endpoint=http://127.0.0.1:1;AccessKey=k;Version=1.0;";

afterEach(() => void jest.useRealTimers());

const pluginAt = (connectionString: string, options: Partial<ResilientPubSubOptions> = {}) =>
  resilientPubSub({
    hub: "chat",
    endpoints: [{ name: "east", role: "primary", connectionString }],
    negotiate: { allowAnonymous: true },
    ...options,
  });

async function runningEmulator() {
  const emulator = await startEmulator();
  afterTest(() => {
    jest.useRealTimers();
    return emulator.close();
  });
  return emulator;
}

describe("under the fake timers of Jest", () => {
  it.each<[string, Partial<ResilientPubSubOptions>]>([
    ["one server", {}],
    ["servers that agree", { topology: "client-client" }],
    ["no health job", { health: { schedule: false } }],
  ])("a plugin that is made then gets ready, broadcasts and closes: %s", async (_, options) => {
    const { connectionString } = await runningEmulator();
    jest.useFakeTimers();
    const pubsub = pluginAt(connectionString, options);
    await pubsub.ready();
    for (let sent = 0; sent < 3; sent += 1) {
      const { delivered } = await pubsub.broadcast("hi", { contentType: "text/plain" });
      expect(delivered).toEqual(["east"]);
    }
    await pubsub.close();
  });

  it("a plugin that was made before closes, and so does one whose endpoint is silent", async () => {
    const emulator = await runningEmulator();
    const pubsub = pluginAt(emulator.connectionString);
    await pubsub.ready();
    await emulator.inject({ kind: "blackhole" });
    const other = pluginAt(emulator.connectionString);
    jest.useFakeTimers();
    await pubsub.close();
    await other.close();
  });

  it("ready of a plugin whose endpoint is down says that the clock stands, or follows it", async () => {
    jest.useFakeTimers();
    const pubsub = pluginAt(NOBODY);
    await expect(pubsub.ready()).rejects.toMatchObject({
      code: "ERR_CLOCK_STOPPED",
      message: expect.stringContaining("ready() waits for timers that this process has faked"),
    });
    const ready = pubsub.ready();
    await jest.advanceTimersByTimeAsync(1000);
    await ready;
    expect(pubsub.endpoints.snapshot()).toMatchObject([{ state: "unhealthy" }]);
    await pubsub.close();
  });
});

it.each([
  ["all but nextTick and queueMicrotask", "nextTick,queueMicrotask", "ready"],
  ["all but nextTick", "nextTick", "ready"],
  ["all there are, so that Node receives nothing", "", "ERR_CLOCK_STOPPED"],
])(
  "under sinon's fake timers, %s, ready and close settle",
  async (_, notFaked, expected) => {
    const { code, output } = await run("fake-timers.ts", [notFaked]);
    expect({ code, output }).toEqual({ code: 0, output: `${expected}\nclosed` });
  },
  40_000,
);
