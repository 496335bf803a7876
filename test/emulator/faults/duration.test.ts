import type { Fault } from "express-resilient-pubsub/emulator";
import { until } from "../../support/until.ts";
import { allButTimeouts } from "../support/fake-timers.ts";
import { createFaultScene, health, outcomeOf } from "../support/fault-scene.ts";
import { sendToAll } from "../support/rest.ts";

const { scene, letTimePass } = createFaultScene();

describe("a duration", () => {
  const passTime = async (advance: () => void, start: () => Promise<void>): Promise<void> => {
    jest.useFakeTimers({ doNotFake: allButTimeouts });
    try {
      await start();
      advance();
    } finally {
      jest.useRealTimers();
    }
  };

  test.each<Fault>([
    { kind: "crash", durationInMs: 5000 },
    { kind: "blackhole", durationInMs: 5000 },
    { kind: "unhealthy", durationInMs: 5000 },
    { kind: "gray", durationInMs: 5000, requestTypes: ["Health"] },
    { kind: "slow-link", durationInMs: 5000, bytesPerSecond: 1 },
    { kind: "half-open", durationInMs: 5000 },
    { kind: "poison", durationInMs: 5000, text: "health" },
  ])("the fault $kind ends by itself after its duration", async (fault) => {
    const emulator = await scene.emulator();
    await passTime(
      () => jest.advanceTimersByTime(5000),
      () => emulator.inject(fault),
    );
    await until(() => emulator.state === "running");
    expect((await health(emulator)).status).toBe(200);
    await scene.connect(emulator);
  });

  test("a fault does not end before its duration", async () => {
    const emulator = await scene.emulator();
    await passTime(
      () => jest.advanceTimersByTime(4999),
      () => emulator.inject({ kind: "unhealthy", durationInMs: 5000 }),
    );
    expect((await health(emulator)).status).toBe(503);
  });

  test("a duration that ends one of several faults leaves the others, and the random numbers, as they are", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await passTime(
      () => jest.advanceTimersByTime(5000),
      () =>
        emulator.inject([
          { kind: "blackhole", durationInMs: 5000, requestTypes: ["ClientConnection"] },
          { kind: "gray" },
        ]),
    );
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    expect((await sendToAll(emulator, "x")).status).toBe(500);
  });

  test("a blackhole that ends does not free what another blackhole holds", async () => {
    const emulator = await scene.emulator();
    let held: Promise<string> | undefined;
    await passTime(
      () => jest.advanceTimersByTime(5000),
      async () => {
        await emulator.inject([
          { kind: "blackhole", requestTypes: ["Health"] },
          { kind: "blackhole", durationInMs: 5000, requestTypes: ["RESTAPI"] },
        ]);
        held = outcomeOf(health(emulator));
        await letTimePass();
      },
    );
    expect((await sendToAll(emulator, "x")).status).toBe(202);
    expect(await Promise.race([held, "held"])).toBe("held");
    await emulator.clear();
    expect(await held).toBe("ECONNRESET");
  });

  test("the duration of an earlier injection does not end a later one", async () => {
    const emulator = await scene.emulator();
    await passTime(
      () => jest.advanceTimersByTime(5000),
      async () => {
        await emulator.inject({ kind: "unhealthy", durationInMs: 5000 });
        await emulator.inject({ kind: "unhealthy", status: 500 });
        expect(jest.getTimerCount()).toBe(0);
      },
    );
    expect((await health(emulator)).status).toBe(500);
  });

  test.each(["clear", "close"] as const)("%s ends its timer", async (method) => {
    const emulator = await scene.emulator();
    await passTime(
      () => expect(jest.getTimerCount()).toBe(0),
      async () => {
        await emulator.inject({ kind: "unhealthy", durationInMs: 5000 });
        expect(jest.getTimerCount()).toBe(1);
        await emulator[method]();
      },
    );
  });
});
