import { classifyFailure } from "../../src/service/failure.ts";
import { afterTest, closeAfterTest, useFakeTime } from "../support/clean-up.ts";
import { type BehaviourName, ScriptedEndpoints } from "../support/scripted-endpoints.ts";

/* Both detectors together, where they meet; each on its own is tested beside this. */

useFakeTime();

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const rejection = { statusCode: 403 };
const failure = { statusCode: 500 };

function create(...args: ConstructorParameters<typeof ScriptedEndpoints>): ScriptedEndpoints {
  const world = new ScriptedEndpoints(...args);
  // What is under way when it is closed comes to its end later.
  afterTest(() => pass(5000));
  closeAfterTest(world.monitor);
  return world;
}

/** Two endpoints that are up, at 1 s, without a health job; the log begins now. */
async function upAt1000(health: ConstructorParameters<typeof ScriptedEndpoints>[1] = {}) {
  const world = create(["east", "west"], { schedule: false, ...health });
  void world.monitor.start();
  await pass(1000);
  world.log.length = 0;
  return { world, monitor: world.monitor, east: world.registry.get("east") };
}

/** East is gray for as long as it takes: at 1010 ms it has been ejected. */
async function ejectedAt1010() {
  const created = await upAt1000();
  const { world, monitor, east } = created;
  world.set("east", "gray");
  for (let i = 0; i < 2; i++) void monitor.reportFailure(east, classifyFailure(failure));
  await pass(10);
  expect(world.log[0]).toBe("1010 endpointDown east (failing-calls)");
  return created;
}

describe("rejected credentials", () => {
  it("are not made good by a health check that was under way", async () => {
    const { world, monitor, east } = await upAt1000();
    world.set("east", "denied");
    void monitor.check(east);
    await pass(5);
    void monitor.reportFailure(east, classifyFailure(rejection));
    await pass(3000);
    expect(world.log).toEqual([
      "1015 credentialsRejected east",
      "1015 endpointDown east (credentials-rejected)",
      "1015 failover east -> west (credentials-rejected)",
    ]);
  });

  it("found at the end of an ejection are told as such, and the ejection does not add up", async () => {
    const { world, monitor } = await ejectedAt1010();
    world.set("east", "denied");
    await pass(15_000);
    world.set("east", "well");
    monitor.lookForRecovery();
    await pass(1000);
    expect(world.log).toEqual([
      "1010 endpointDown east (failing-calls)",
      "1010 failover east -> west (failing-calls)",
      "11020 credentialsRejected east",
      "16280 endpointUp east (credentials-rejected)",
      "16280 failback west -> east",
    ]);
  });

  it("of a moment that is over do not count", async () => {
    const { world, monitor, east } = await upAt1000();
    const startedAt = performance.now();
    world.set("east", "crashed");
    void monitor.check(east);
    await pass(1000);
    world.set("east", "well");
    void monitor.check(east);
    await pass(1000);
    void monitor.reportFailure(east, classifyFailure(rejection), startedAt);
    expect(east.state).toBe("healthy");
  });
});

describe("a check at the end of an ejection that is under way", () => {
  it("says nothing once the endpoint has gone down and come back in another way", async () => {
    const { world, monitor, east } = await ejectedAt1010();
    world.set("east", "grayAndSilent");
    // The check starts at 11 s and fails at 13 s.
    await pass(10_100);
    world.set("east", "crashed");
    void monitor.check(east);
    await pass(300);
    world.set("east", "well");
    void monitor.check(east);
    await pass(600);
    expect(east.calls).toMatchObject({ status: "half-open", ejections: 1 });
    await pass(5000);
    expect(east.calls).toMatchObject({ status: "half-open", ejections: 1 });
    expect(world.log.slice(2)).toEqual([
      "11680 endpointUp east (refused)",
      "11680 failback west -> east",
    ]);
  });

  it("is made up for when the health checks come back and the calls do not", async () => {
    const { world, monitor, east } = await ejectedAt1010();
    world.set("east", "crashed");
    void monitor.check(east);
    await pass(15_000);
    expect(east.calls).toMatchObject({ status: "ejected", ejections: 1 });
    world.set("east", "gray");
    void monitor.check(east);
    await pass(1000);
    expect(east.calls).toMatchObject({ status: "ejected", ejections: 2 });
    world.set("east", "well");
    await pass(25_000);
    expect(world.log.slice(2).map((line) => line.replace(/^\d+ /, ""))).toEqual([
      "endpointUp east (failing-calls)",
      "failback west -> east",
    ]);
  });

  it("ends with the endpoint, when that is removed", async () => {
    const { world, east } = await ejectedAt1010();
    world.registry.remove("east");
    world.release(east);
    expect(jest.getTimerCount()).toBe(0);
  });
});

it("a health check that began before the fall does not bring an endpoint back without its credentials", async () => {
  const { world, monitor, east } = await upAt1000({ rise: 1, fall: 1 });
  world.set("east", "slow");
  void monitor.check(east);
  await pass(100);
  world.set("east", "denied");
  world.registry.recordProbe(east, 0, { ok: false, reason: "refused" }, { at: 0, durationInMs: 1 });
  expect(east.state).toBe("healthy");
  world.registry.recordProbe(east, 2, { ok: false, reason: "refused" }, { at: 0, durationInMs: 1 });
  expect(east.state).toBe("unhealthy");
  await pass(2000);
  expect(world.log.some((line) => line.includes("endpointUp"))).toBe(false);
});

describe("when the canary hangs at the start", () => {
  it("the first negotiate is answered within its budget, with an endpoint that is known to be healthy", async () => {
    const world = create(["east", "west"], { schedule: false });
    world.set("east", "grayAndSilent");
    void world.monitor.start();
    await pass(1);
    const answer = world.negotiate();
    await pass(500);
    expect((await answer)?.name).toBe("west");
    expect(world.routes).toEqual(["501 west"]);
  });

  it("everything is decided after as many deadlines as failures take an endpoint out", async () => {
    const world = create(["east", "west"], { schedule: false });
    world.set("east", "grayAndSilent");
    const ready = jest.fn();
    void world.monitor.start().then(ready);
    await pass(4010);
    expect(ready).not.toHaveBeenCalled();
    await pass(1);
    expect(ready).toHaveBeenCalled();
    expect(world.log).toEqual([
      "20 endpointUp west",
      "4011 endpointDown east (failing-calls)",
      "4011 failover east -> west (failing-calls)",
    ]);
  });
});

it("with passive: false no call counts, and the credentials are tried all the same", async () => {
  const { world, monitor, east } = await upAt1000({ passive: false });
  for (const error of [failure, failure, rejection])
    void monitor.reportFailure(east, classifyFailure(error));
  await pass(1000);
  expect(world.log).toEqual([]);

  world.set("east", "crashed");
  void monitor.check(east);
  await pass(1000);
  world.set("east", "denied");
  void monitor.check(east);
  await pass(1000);
  expect(world.log.at(-1)).toMatch(/credentialsRejected east$/);
  world.set("east", "gray");
  void monitor.check(east);
  await pass(1000);
  expect(world.log.at(-2)).toMatch(/endpointUp east/);
});

describe("an endpoint that another server has found down is looked at here as well:", () => {
  it.each<[string, BehaviourName, string[]]>([
    ["its health", "crashed", ["1251 endpointDown east (refused)"]],
    ["canaries, since its health may be green", "gray", ["1260 endpointDown east (failing-calls)"]],
    [
      "canaries, since the health route needs no key",
      "denied",
      ["1010 credentialsRejected east", "1010 endpointDown east (credentials-rejected)"],
    ],
    ["and found to be well", "well", []],
    ["and found to refuse calls that are not made here", "refusingCalls", []],
  ])("%s", async (_, behaviour, downs) => {
    const { world, monitor, east } = await upAt1000();
    world.set("east", behaviour);
    for (let i = 0; i < 5; i++) monitor.examine(east);
    await pass(3000);
    expect(world.log.filter((line) => !line.includes("failover"))).toEqual(downs);
  });
});

it("the health of each of a hundred endpoints is decided by its own answers", async () => {
  const names = ["east", ...Array.from({ length: 99 }, (_, i) => `west${i}`)];
  const world = create(names, { schedule: "* * * * * *" });
  for (const name of names.slice(50)) world.set(name, "silent");
  void world.monitor.start();
  await pass(1000);
  expect(world.log).toHaveLength(50);
  await pass(9000);
  expect(world.log).toHaveLength(100);
  expect(world.registry.all().filter(({ state }) => state === "healthy")).toHaveLength(50);
});
