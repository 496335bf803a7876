import type { Activity, Emulator, Fault } from "express-resilient-pubsub/emulator";
import { createFaultScene, health, outcomeOf } from "../support/fault-scene.ts";
import { openTcp, sendToAll } from "../support/rest.ts";
import { jsonProtocol } from "../support/scene.ts";

const { scene, handshakeStatus, letTimePass } = createFaultScene();

describe("one after the other", () => {
  const kinds = ["crash", "blackhole", "unhealthy"] as const;
  const pairs = kinds.flatMap((first) => kinds.map((second) => [first, second] as const));

  const effects = {
    async crash(emulator: Emulator) {
      await expect(openTcp(emulator.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    },
    async blackhole(emulator: Emulator) {
      const request = outcomeOf(health(emulator));
      await letTimePass();
      await emulator.clear();
      expect(await request).toBe("ECONNRESET");
    },
    async unhealthy(emulator: Emulator) {
      expect((await health(emulator)).status).toBe(503);
    },
  };

  test.each(pairs)("%s, then %s: only the latter counts", async (first, second) => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind: first });
    await emulator.inject({ kind: second });
    await effects[second](emulator);
    await emulator.clear();
    expect((await health(emulator)).status).toBe(200);
    await scene.connect(emulator, { protocols: [jsonProtocol] });
  });

  test("calls that overlap are done in their order", async () => {
    const emulator = await scene.emulator();
    await Promise.all([
      emulator.inject({ kind: "crash" }),
      emulator.clear(),
      emulator.inject({ kind: "blackhole" }),
      emulator.restart({ keepState: false }),
      emulator.inject({ kind: "crash" }),
      emulator.inject({ kind: "unhealthy" }),
    ]);
    expect((await health(emulator)).status).toBe(503);
    const late = [emulator.inject({ kind: "crash" }), emulator.close(), emulator.close()];
    await Promise.all(late);
    await expect(openTcp(emulator.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("clearing without a fault does nothing", async () => {
    const emulator = await scene.emulator();
    await emulator.clear();
    expect((await health(emulator)).status).toBe(200);
  });
});

test("onActivity hears what is broken, and when nothing is any more", async () => {
  const heard: Activity[] = [];
  const emulator = await scene.emulator({ onActivity: (activity) => heard.push(activity) });
  await emulator.clear();
  await emulator.inject([{ kind: "gray" }, { kind: "throttle" }]);
  await sendToAll(emulator, "x");
  await handshakeStatus(emulator);
  await emulator.clear();
  expect(heard).toEqual([
    { kind: "faults", faults: ["gray", "throttle"] },
    { kind: "restCall", method: "POST", path: "/api/hubs/chat/:send", status: 500 },
    {
      kind: "clientRefused",
      path: "/client/hubs/chat",
      status: 429,
      reason: "A fault that was injected has answered in the place of the service.",
    },
    { kind: "faults", faults: [] },
  ]);
});

describe("what is not a fault", () => {
  test.each([
    [{ kind: "earthquake" }, /kind/],
    [{ kind: "unhealthy", status: 200 }, /status/],
    [{ kind: "unhealthy", retryAfterInSeconds: -1 }, /retryAfterInSeconds/],
    [{ kind: "crash", when: "now" }, /when/],
    [{ kind: "crash", share: 0.5 }, /share/],
    [{ kind: "gray", share: 0 }, /share/],
    [{ kind: "gray", share: 1.1 }, /share/],
    [{ kind: "gray", status: 200 }, /status/],
    [{ kind: "gray", durationInMs: 0 }, /durationInMs/],
    [{ kind: "latency" }, /delayInMs/],
    [{ kind: "throttle", requestTypes: [] }, /requestTypes/],
    [{ kind: "throttle", requestTypes: ["Trace"] }, /requestTypes/],
    [{ kind: "slow-link" }, /bytesPerSecond/],
    [{ kind: "slow-link", bytesPerSecond: 0 }, /bytesPerSecond/],
    [{ kind: "slow-link", bytesPerSecond: {} }, /bytesPerSecond/],
    [{ kind: "slow-link", bytesPerSecond: { up: 1.5 } }, /bytesPerSecond/],
    [{ kind: "slow-link", bytesPerSecond: { sideways: 1 } }, /bytesPerSecond/],
    [{ kind: "slow-link", bytesPerSecond: 1, requestTypes: ["Health"] }, /requestTypes/],
    [{ kind: "half-open", share: 0 }, /share/],
    [{ kind: "half-open", requestTypes: [] }, /requestTypes/],
    [{ kind: "half-open", status: 500 }, /status/],
    [{ kind: "tls" }, /certificate/],
    [{ kind: "tls", certificate: "odd" }, /certificate/],
    [{ kind: "tls", certificate: "wrong", share: 0.5 }, /share/],
    [{ kind: "tls", certificate: "wrong" }, /--tls/],
    [{ kind: "dns", answer: "ESERVFAIL" }, /answer/],
    [{ kind: "dns", share: 2 }, /share/],
    [{ kind: "dns", requestTypes: ["Health"] }, /requestTypes/],
    [{ kind: "poison" }, /text/],
    [{ kind: "poison", text: "" }, /text/],
    [{ kind: "poison", text: "x".repeat(1025) }, /text/],
    [{ kind: "poison", text: "x", status: 200 }, /status/],
    [{ kind: "unhealthy", status: 1, share: 2 }, / share: .*\n {2}status: /],
    [[{ kind: "gray" }, { kind: "gray", share: 7 }], /\[1\]\.share/],
    [[{ kind: "crash" }, { kind: "gray" }], /let crash stand alone/],
    [[], /clear\(\)/],
    [undefined, /inject/],
  ])("%j is refused", async (fault, message) => {
    const emulator = await scene.emulator();
    await expect(emulator.inject(fault as Fault)).rejects.toMatchObject({
      code: "ERR_INVALID_OPTIONS",
      message: expect.stringMatching(message),
    });
    expect((await health(emulator)).status).toBe(200);
  });
});
