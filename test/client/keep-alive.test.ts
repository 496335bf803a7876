import { KeepAlive } from "../../src/client/keep-alive.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

const usual = { keepAliveIntervalInMs: 5000, keepAliveTimeoutInMs: 10_000 };

/** Looks whenever it is asked to, until there is something to send or to end. */
function lookUntil(keepAlive: KeepAlive, from: number, end: number): string {
  for (let now = from; now <= end; ) {
    const { due, inMs: againInMs } = keepAlive.check(now);
    if (due && due !== "ask-endpoint") return `${due} at ${now}`;
    expect(againInMs).toBeGreaterThan(0);
    now += againInMs;
  }
  return "nothing";
}

describe("keep-alive", () => {
  it("keep-alive pings after 5 s of silence, and gives up after 10 s", () => {
    const keepAlive = new KeepAlive(usual, 0);
    expect(lookUntil(keepAlive, 0, 99_999)).toBe("ping at 5000");
    expect(lookUntil(keepAlive, 5001, 99_999)).toBe("give-up at 10000");
  });

  it("keep-alive counts from the last frame, whatever it was", () => {
    const keepAlive = new KeepAlive(usual, 0);
    keepAlive.check(0);
    keepAlive.onMessage(900);
    expect(lookUntil(keepAlive, 1000, 99_999)).toBe("ping at 5900");
    keepAlive.onMessage(6000);
    expect(lookUntil(keepAlive, 6100, 99_999)).toBe("ping at 11000");
  });

  it.each([
    ["no question", { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 3000 }, "give-up at 3000"],
    ["neither", { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 }, "nothing"],
    ["no end", { keepAliveIntervalInMs: 2000, keepAliveTimeoutInMs: 0 }, "ping at 2000"],
  ])("keep-alive can be turned off in parts: %s", (_, settings, expected) => {
    expect(lookUntil(new KeepAlive(settings, 0), 0, 99_999)).toBe(expected);
  });

  it.each([[0], [1000]])(
    "keep-alive without a timeout never gives up, not even after sleep (%d)",
    (interval) => {
      const keepAlive = new KeepAlive(
        { keepAliveIntervalInMs: interval, keepAliveTimeoutInMs: 0 },
        0,
      );
      keepAlive.check(0);
      expect(keepAlive.check(60_000).due).toBe("ping");
      expect(lookUntil(keepAlive, 61_000, 999_999)).toBe("nothing");
    },
  );

  it.each([
    ["in time", 0],
    ["a millisecond early, as timers are", -1],
    ["late, as in a busy process", 700],
  ])(
    "keep-alive asks the endpoint itself before it gives up, and waits for that answer: checks come %s",
    (_, lateByInMs) => {
      const keepAlive = new KeepAlive(
        { keepAliveIntervalInMs: 1000, keepAliveTimeoutInMs: 2000 },
        0,
      );
      const done = new Map<string | undefined, number>();
      for (let now = 0; !done.has("give-up"); ) {
        const { due, inMs: againInMs } = keepAlive.check(now);
        if (!done.has(due)) done.set(due, now);
        now += Math.max(1, againInMs + lateByInMs);
      }
      const { ping = 0, "ask-endpoint": asked = 0, "give-up": gaveUp } = Object.fromEntries(done);
      expect(asked).toBeGreaterThanOrEqual(ping + 100);
      expect(gaveUp).toBeGreaterThanOrEqual(asked + 900);
      if (lateByInMs <= 0) expect([ping, asked, gaveUp]).toEqual([1000, 1100, 2000]);
    },
  );

  it("keep-alive pings at once after sleep, and waits 2 s", () => {
    const keepAlive = new KeepAlive(usual, 0);
    keepAlive.check(0);
    expect(keepAlive.check(3_600_000)).toMatchObject({ due: "ping" });
    expect(lookUntil(keepAlive, 3_600_001, 9_999_999)).toBe("give-up at 3602000");
  });

  it("keep-alive does not give up when the clock is set back after a ping", () => {
    const keepAlive = new KeepAlive(usual, 9_000_000);
    keepAlive.check(9_000_000);
    expect(keepAlive.check(1000).due).toBe("ping");
    keepAlive.onMessage(1010);
    expect(lookUntil(keepAlive, 2000, 99_999)).toBe("ping at 6010");
  });

  it("keep-alive does not give up when a busy process could not read the answer", () => {
    const keepAlive = new KeepAlive(usual, 0);
    keepAlive.check(0);
    // Busy for 3 s, asks; then busy for 3 s again, and the answer waits to be read.
    expect(keepAlive.check(3000).due).toBe("ping");
    const { due, inMs: againInMs } = keepAlive.check(6000);
    expect(due).toBe("ask-endpoint");
    keepAlive.onMessage(6001);
    expect(keepAlive.check(6000 + againInMs).due).toBeUndefined();
  });

  it("keep-alive gives up in a background tab too, where timers are late", () => {
    const keepAlive = new KeepAlive(usual, 0);
    keepAlive.check(0);
    const seen: unknown[] = [];
    for (let now = 60_000; now <= 180_000; now += 60_000) seen.push(keepAlive.check(now).due);
    expect(seen).toEqual(["ping", "ask-endpoint", "give-up"]);
  });

  it.each([
    [usual, 2000],
    [{ keepAliveIntervalInMs: 500, keepAliveTimeoutInMs: 800 }, 300],
  ])("keep-alive pings at once on demand, and waits less long: %p", (settings, patienceInMs) => {
    const keepAlive = new KeepAlive(settings, 0);
    keepAlive.check(0);
    expect(keepAlive.askNow(100).due).toBe("ping");
    expect(lookUntil(keepAlive, 101, 99_999)).toBe(`give-up at ${100 + patienceInMs}`);
  });
});

describe("a client", () => {
  // Patient enough for a process that is busy with other tests.
  const quick = { keepAliveIntervalInMs: 30, keepAliveTimeoutInMs: 1030 };

  it("a client leaves a service that has fallen silent", async () => {
    const east = await ScriptedService.start({ answer: () => {} });
    const west = await ScriptedService.start();
    const routing = new ScriptedNegotiate({ east, west });
    const { client, log } = makeClient(routing.negotiate, quick);
    await client.start();
    routing.sendTo("west");
    await until(() => log.includes("moved east -> west"));
    expect(east.clients[0]?.receivedOf("ping")).toHaveLength(1);
    expect(routing.asked).toEqual(["", "east"]);
  });

  it("a client that never asks leaves a service in silence, and does not complain of it", async () => {
    const east = await ScriptedService.start({ answer: () => {} });
    const west = await ScriptedService.start();
    const routing = new ScriptedNegotiate({ east, west });
    const { client, log } = makeClient(routing.negotiate, {
      keepAliveIntervalInMs: 0,
      keepAliveTimeoutInMs: 500,
    });
    await client.start();
    routing.sendTo("west");
    await until(() => log.includes("moved east -> west"));
    expect(routing.asked.slice(0, 2)).toEqual(["", ""]);
    expect(east.clients[0]?.received).toEqual([]);
  });

  it("a client stays with a service that answers pings", async () => {
    const east = await ScriptedService.start();
    const { client, log } = makeClient(new ScriptedNegotiate({ east }).negotiate, {
      keepAliveIntervalInMs: 10,
      keepAliveTimeoutInMs: 10_000,
    });
    await client.start();
    await until(() => (east.latest?.receivedOf("ping").length ?? 0) >= 5);
    expect(log).not.toContain("state reconnecting");
  });
});
