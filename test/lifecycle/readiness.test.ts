import { ResilientPubSubError } from "../../src/kit/errors.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { Readiness } from "../../src/lifecycle/readiness.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { assemble } from "../support/assemble.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

/** A plugin whose first checks are decided when the test says so. */
function setUp() {
  const configuration = parseOptions({
    hub: "chat",
    endpoints: ["eastus", "westus"].map((name, index) => ({
      name,
      role: index === 0 ? "primary" : "secondary",
      connectionString: `Endpoint=https://${name}.example;AccessKey=k`,
    })),
    negotiate: { allowAnonymous: true },
  });
  const events = new TypedEvents();
  const { registry } = assemble(configuration, { events });
  const closing = new AbortController();
  let decide = (): void => {};
  const firstRound = new Promise<void>((resolve) => {
    decide = resolve;
  });
  const store = { error: undefined as unknown };
  const agreed = async (): Promise<void> => {
    if (store.error) throw store.error;
  };
  const { signal } = closing;
  const readiness = new Readiness({ registry, events, firstRound, agreed, closing: signal });
  let sequence = 0;
  const answer = (name: string, ok: boolean) => {
    for (let time = 0; time < 2; time += 1) {
      const outcome = ok ? ({ ok } as const) : ({ ok, reason: "timeout" } as const);
      const timing = { at: 0, durationInMs: 1 };
      registry.recordProbe(registry.get(name), ++sequence, outcome, timing);
    }
  };
  return { readiness, registry, events, answer, decide, closing, store };
}

type Parts = ReturnType<typeof setUp>;

/** `pending`, `ready`, or the code or name of the error. */
async function outcomeOf(promise: Promise<void>): Promise<string> {
  let outcome = "pending";
  promise.then(
    () => {
      outcome = "ready";
    },
    (error) => {
      outcome = typeof error.code === "string" ? error.code : error.name;
    },
  );
  await jest.advanceTimersByTimeAsync(0);
  return outcome;
}

/** Waits no longer, so that no timer is left. */
async function end({ closing, decide }: Parts): Promise<void> {
  closing.abort();
  decide();
  await jest.advanceTimersByTimeAsync(0);
}

describe("ready", () => {
  it("without a requirement waits for the first checks, whatever they find", async () => {
    const parts = setUp();
    const ready = parts.readiness.ready();
    parts.answer("eastus", false);
    expect(await outcomeOf(ready)).toBe("pending");
    parts.answer("westus", false);
    parts.decide();
    expect(await outcomeOf(ready)).toBe("ready");
  });

  it("with any-healthy does not wait for an endpoint that is silent", async () => {
    const parts = setUp();
    const ready = parts.readiness.ready({ require: "any-healthy" });
    expect(await outcomeOf(ready)).toBe("pending");
    parts.answer("westus", true);
    expect(await outcomeOf(ready)).toBe("ready");
    await end(parts);
  });

  it.each<["any-healthy" | "all-healthy", Record<string, boolean>, string]>([
    ["any-healthy", { eastus: false, westus: true }, "ready"],
    ["all-healthy", { eastus: true, westus: true }, "ready"],
    [
      "any-healthy",
      { eastus: false, westus: false },
      'No endpoint is healthy: "eastus" is timeout, "westus" is timeout',
    ],
    ["all-healthy", { eastus: false, westus: true }, 'Not all endpoints are healthy: "eastus" is'],
    ["all-healthy", { westus: true }, '"eastus" is unknown'],
  ])("that requires %s, and finds %p, is %s", async (require, found, expected) => {
    const parts = setUp();
    const ready = parts.readiness.ready({ require });
    for (const [name, ok] of Object.entries(found)) parts.answer(name, ok);
    parts.decide();
    if (expected === "ready") await ready;
    else {
      await expect(ready).rejects.toMatchObject({
        code: "ERR_NOT_READY",
        message: expect.stringContaining(expected),
      });
    }
  });

  it("does not count a drained endpoint as one that clients can be sent to", async () => {
    const { readiness, registry, answer, decide } = setUp();
    answer("eastus", true);
    answer("westus", false);
    registry.drain("eastus");
    decide();
    await expect(readiness.ready({ require: "any-healthy" })).rejects.toThrow(
      '"eastus" is drained',
    );
    registry.undrain("eastus");
    await readiness.ready({ require: "any-healthy" });
  });

  describe("that is given time", () => {
    it("goes on waiting until the requirement is met", async () => {
      const { readiness, answer, decide } = setUp();
      const ready = readiness.ready({ require: "all-healthy", timeoutInMs: 60_000 });
      answer("eastus", true);
      answer("westus", false);
      decide();
      await jest.advanceTimersByTimeAsync(30_000);
      expect(await outcomeOf(ready)).toBe("pending");
      answer("westus", true);
      expect(await outcomeOf(ready)).toBe("ready");
    });

    it("tells what was missing when it is up", async () => {
      const { readiness, answer, decide } = setUp();
      const ready = readiness.ready({ require: "all-healthy", timeoutInMs: 5000 });
      const told = expect(ready).rejects.toMatchObject({
        code: "ERR_NOT_READY",
        message: expect.stringContaining('"westus" is timeout'),
      });
      answer("eastus", true);
      answer("westus", false);
      decide();
      await jest.advanceTimersByTimeAsync(5000);
      await told;
    });

    it("by a signal waits until that ends", async () => {
      const { readiness, answer, decide } = setUp();
      const controller = new AbortController();
      const ready = readiness.ready({ require: "any-healthy", abortSignal: controller.signal });
      for (const name of ["eastus", "westus"]) answer(name, false);
      decide();
      expect(await outcomeOf(ready)).toBe("pending");
      controller.abort();
      expect(await outcomeOf(ready)).toBe("AbortError");
      expect(await outcomeOf(readiness.ready({ abortSignal: controller.signal }))).toBe(
        "AbortError",
      );
    });

    it("ends with it also before the first checks are decided", async () => {
      const parts = setUp();
      const ready = parts.readiness.ready({ timeoutInMs: 1000 });
      const told = expect(ready).rejects.toMatchObject({ code: "ERR_NOT_READY" });
      await jest.advanceTimersByTimeAsync(1000);
      await told;
      await end(parts);
    });
  });

  describe("where servers agree on an endpoint", () => {
    const away = () => new ResilientPubSubError("ERR_STORE_UNAVAILABLE", "The store is away");

    it.each([{}, { require: "any-healthy" as const }])(
      "rejects as the store does, with %p",
      async (options) => {
        const { readiness, answer, decide, store } = setUp();
        store.error = away();
        answer("eastus", true);
        decide();
        await expect(readiness.ready(options)).rejects.toBe(store.error);
      },
    );

    it("waits for the store when it is given time", async () => {
      const { readiness, events, answer, decide, store } = setUp();
      store.error = away();
      answer("eastus", true);
      decide();
      const ready = readiness.ready({ require: "any-healthy", timeoutInMs: 10_000 });
      expect(await outcomeOf(ready)).toBe("pending");
      store.error = undefined;
      events.emit("coordinationRestored", { afterInMs: 1 });
      expect(await outcomeOf(ready)).toBe("ready");
    });

    it("tells of the store when that time is up", async () => {
      const { readiness, answer, decide, store } = setUp();
      store.error = away();
      for (const name of ["eastus", "westus"]) answer(name, true);
      decide();
      const ready = readiness.ready({ require: "all-healthy", timeoutInMs: 10_000 });
      const told = expect(ready).rejects.toMatchObject({
        code: "ERR_NOT_READY",
        cause: store.error,
      });
      await jest.advanceTimersByTimeAsync(10_000);
      await told;
    });
  });

  it.each(["before", "while it waits"])("says so when the plugin is closed %s", async (when) => {
    const { readiness, decide, closing, answer } = setUp();
    const options = { require: "any-healthy", timeoutInMs: 60_000 } as const;
    if (when === "before") closing.abort();
    const ready = readiness.ready(options);
    for (const name of ["eastus", "westus"]) answer(name, false);
    decide();
    closing.abort();
    expect(await outcomeOf(ready)).toBe("ERR_CLOSED");
  });

  it.each<[object, string]>([
    [{ require: "one" }, 'require: got "one"; give "any-healthy" or "all-healthy"'],
    [{ require: true }, 'require: got true; give "any-healthy" or "all-healthy"'],
    [{ timeoutInMs: 0 }, "timeoutInMs: got 0; give a whole number of milliseconds"],
    [{ timeoutInMs: "5s" }, 'timeoutInMs: got "5s"'],
    [{ requires: "any-healthy" }, "requires: unknown option; the options here are require,"],
    [{ abortSignal: {} }, "abortSignal: got an object; give an AbortSignal"],
    [null as unknown as object, "options: got null; give an object"],
  ])("refuses %p by name", async (options, message) => {
    await expect(setUp().readiness.ready(options)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });
});
