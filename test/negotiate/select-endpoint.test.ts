import type { Request } from "express";
import { selectEndpoint, tryInTurn } from "../../src/negotiate/select-endpoint.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { assemble } from "../support/assemble.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime({ mayLeaveTimers: true });

/** One endpoint whose last check took so long, and whose next is not answered. */
async function setUp(lastDurationInMs: number) {
  const configuration = parseOptions({
    hub: "chat",
    endpoints: [
      { name: "a", role: "primary", connectionString: "Endpoint=https://a.example;AccessKey=k" },
    ],
    negotiate: { allowAnonymous: true },
    health: { schedule: false, onDemandMaxAgeInMs: 0 },
  });
  const context = assemble(configuration);
  const { registry } = context;
  const timing = { at: 0, durationInMs: lastDurationInMs };
  registry.recordProbe(registry.get("a"), 1, { ok: true }, timing);
  return await selectEndpoint(context, {} as Request, new Set(), performance.now() + 500);
}

it("selection waits for a health check, but no longer than the budget", async () => {
  const settled = jest.fn();
  void setUp(20).then(settled);
  await jest.advanceTimersByTimeAsync(499);
  expect(settled).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  expect(settled).toHaveBeenCalledWith(expect.objectContaining({ name: "a" }));
});

it("selection does not wait for an endpoint that is known to answer later than the budget", async () => {
  expect((await setUp(900))?.name).toBe("a");
});

describe("a client that an endpoint has no token for goes to the next one, even to one that", () => {
  const options = (name: string, role: "primary" | "secondary") => ({
    name,
    role,
    connectionString: `Endpoint=https://${name}.example;AccessKey=k`,
  });

  function start(whenNoneHealthy: "reject" | "primary" = "reject") {
    const configuration = parseOptions({
      hub: "chat",
      endpoints: [options("a", "primary"), options("b", "secondary"), options("c", "primary")],
      negotiate: { allowAnonymous: true, whenNoneHealthy },
      health: { schedule: false, onDemandMaxAgeInMs: 60_000 },
    });
    const answering = new Set(["a", "b"]);
    const context = assemble(configuration, {
      probes: {
        health: async ({ config: { name } }) =>
          answering.has(name) ? { ok: true } : new Promise(() => {}),
        canary: async () => ({ kind: "passed" }),
      },
    });
    const { registry } = context;
    const timing = { at: 0, durationInMs: 20 };
    const probe = (name: string, ok: boolean, sequence: number): void => {
      const outcome = ok ? { ok } : { ok, reason: "refused" as const };
      registry.recordProbe(registry.get(name), sequence, outcome, timing);
    };
    return { ...context, context, answering, probe };
  }

  /** Those that are asked, all of which refuse. */
  async function asked({ context }: ReturnType<typeof start>): Promise<string[]> {
    const names: string[] = [];
    const trying = tryInTurn(context, {} as Request, new Set(), ({ name }) => {
      names.push(name);
      return undefined;
    });
    await jest.advanceTimersByTimeAsync(1000);
    expect(await trying).toBeUndefined();
    return names;
  }

  it("leaves a health check unanswered", async () => {
    const world = start();
    for (const sequence of [1, 2]) world.probe("c", false, sequence);
    const [a, b] = [world.registry.get("a"), world.registry.get("b")];
    await Promise.all([world.monitor.check(a), world.monitor.check(b)]);
    world.answering.delete("b");
    void world.monitor.check(b);
    await jest.advanceTimersByTimeAsync(600);
    expect([a, b].map((one) => world.monitor.isSilent(one))).toEqual([false, true]);
    expect(await asked(world)).toEqual(["a", "b"]);
  });

  it("was taken out for its calls", async () => {
    const world = start();
    for (const name of ["a", "b"]) world.probe(name, true, 1);
    for (const sequence of [1, 2]) world.probe("c", false, sequence);
    const b = world.registry.get("b");
    for (let i = 0; i < 2; i++) world.registry.recordCall(b, false);
    world.registry.recordCanary(b, false);
    expect(b.calls.status).toBe("ejected");
    expect(await asked(world)).toEqual(["a", "b"]);
  });

  it("is down, where the primary stands in when none is healthy", async () => {
    const world = start("primary");
    world.probe("a", true, 1);
    for (const name of ["b", "c"])
      for (const sequence of [1, 2]) world.probe(name, false, sequence);
    // It has been asked, and is the only other one that may stand in.
    expect(await asked(world)).toEqual(["a", "c"]);
  });
});
