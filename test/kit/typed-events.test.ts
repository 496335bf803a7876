import type { AnyListenerOptions } from "express-resilient-pubsub";
import { TypedEvents } from "../../src/kit/typed-events.ts";

const DOWN = { endpoint: "eastus", reason: "timeout" } as const;

it("listeners are called with the event, once or until they are taken off", () => {
  const events = new TypedEvents();
  const calls: string[] = [];
  const listener = (event: { endpoint: string }) => void calls.push(`on ${event.endpoint}`);
  events.on("endpointDown", listener).once("endpointDown", () => void calls.push("once"));
  events.emit("endpointDown", DOWN);
  events.off("endpointDown", listener);
  events.emit("endpointDown", DOWN);
  expect(calls).toEqual(["on eastus", "once"]);
});

it.each<[string, () => void | Promise<void>]>([
  [
    "throws",
    () => {
      throw new Error("boom");
    },
  ],
  [
    "rejects",
    async () => {
      throw new Error("boom");
    },
  ],
])("a listener that %s harms no other listener and becomes a handlerError", async (_, listener) => {
  const events = new TypedEvents();
  const heard: unknown[] = [];
  events.on("handlerError", (event) => void heard.push(event));
  events.on("allDown", listener);
  events.on("allDown", () => void heard.push("second"));
  events.emit("allDown", { endpoints: [] });
  await Promise.resolve().then(() => {});
  expect(heard).toContain("second");
  expect(heard).toContainEqual({
    handler: 'listener of "allDown"',
    error: expect.objectContaining({ message: "boom" }),
  });
});

it.each<[string, unknown]>([
  ["nothing", undefined],
  ["an object without a prototype", Object.create(null)],
  [
    "something that refuses to be printed",
    new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
      },
    ),
  ],
])("a handlerError of %s is warned of as well", (_, error) => {
  const emitWarning = jest.spyOn(process, "emitWarning").mockReturnValue();
  new TypedEvents().emit("handlerError", { handler: "router", error });
  expect(emitWarning).toHaveBeenCalledTimes(1);
  emitWarning.mockRestore();
});

it.each<[string, (events: TypedEvents) => void]>([
  ["nobody listens", () => {}],
  [
    "its listener throws",
    (events) =>
      void events.on("handlerError", () => {
        throw new Error("x");
      }),
  ],
])("a handlerError becomes a process warning when %s", async (_, prepare) => {
  const events = new TypedEvents();
  prepare(events);
  const emitWarning = jest.spyOn(process, "emitWarning").mockReturnValue();
  events.emit("handlerError", { handler: "upstream.onConnected", error: new Error("boom") });
  expect(emitWarning).toHaveBeenCalledWith(
    expect.stringContaining("failed"),
    expect.objectContaining({ code: "ERR_HANDLER_FAILED" }),
  );
  emitWarning.mockRestore();
});

describe("what fails again and again is warned of once:", () => {
  const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

  it.each<[string, (request: number) => { handler: string; error: unknown }, number]>([
    [
      "the same handler with the same code, whatever the message",
      (request) => ({ handler: "negotiate.authenticate", error: failure("E_DOWN", `${request}`) }),
      1,
    ],
    ["the same handler with nothing", () => ({ handler: "router", error: undefined }), 1],
    [
      "each code of the same handler",
      (request) => ({ handler: "router", error: failure(`E_${request % 2}`, "") }),
      2,
    ],
    [
      "each class of error",
      (n) => ({ handler: "router", error: n % 2 ? Error() : TypeError() }),
      2,
    ],
    ["each handler", (request) => ({ handler: `upstream.${request % 3}`, error: Error() }), 3],
  ])("%s", (_, failureOf, warnings) => {
    const emitWarning = jest.spyOn(process, "emitWarning").mockReturnValue();
    const events = new TypedEvents();
    for (let request = 0; request < 12; request += 1) {
      events.emit("handlerError", failureOf(request));
    }
    expect(emitWarning).toHaveBeenCalledTimes(warnings);
    emitWarning.mockRestore();
  });
});

describe("onAny", () => {
  const PROBE = {
    endpoint: "eastus",
    kind: "health",
    outcome: "passed",
    reason: undefined,
    durationInMs: 1,
  } as const;

  it.each<[string, AnyListenerOptions | undefined, string[]]>([
    ["hears all events but those that come with the traffic", undefined, ["endpointDown"]],
    ["hears those as well on request", { includeFrequent: true }, ["endpointDown", "probe"]],
  ])("%s", (_, options, names) => {
    const events = new TypedEvents();
    const heard: unknown[] = [];
    events.onAny((...given) => void heard.push(given), options);
    events.emit("endpointDown", DOWN);
    events.emit("probe", PROBE);
    const given = { endpointDown: DOWN, probe: PROBE };
    expect(heard).toEqual(names.map((name) => [name, given[name as keyof typeof given]]));
  });

  it("calls a listener that is given twice once, by what was asked for last, and none that was taken off", () => {
    const events = new TypedEvents();
    const listener = jest.fn();
    events.onAny(listener, { includeFrequent: true }).onAny(listener);
    events.emit("endpointDown", DOWN);
    events.emit("probe", PROBE);
    expect(listener).toHaveBeenCalledTimes(1);
    events.offAny(listener).emit("endpointDown", DOWN);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("does not count as listening to what is warned of otherwise", () => {
    const emitWarning = jest.spyOn(process, "emitWarning").mockReturnValue();
    const events = new TypedEvents();
    const listener = jest.fn();
    events.onAny(listener).emit("handlerError", { handler: "router", error: Error() });
    expect(listener).toHaveBeenCalledTimes(1);
    expect(emitWarning).toHaveBeenCalledTimes(1);
    emitWarning.mockRestore();
  });

  it("whose listener throws becomes a handlerError, and a warning when it throws at that as well", () => {
    const emitWarning = jest.spyOn(process, "emitWarning").mockReturnValue();
    const events = new TypedEvents();
    const errors: unknown[] = [];
    events.on("handlerError", ({ handler }) => void errors.push(handler));
    events.onAny(() => {
      throw new Error("boom");
    });
    events.emit("endpointDown", DOWN);
    expect(errors).toEqual(['listener of any event, told of "endpointDown",']);
    expect(emitWarning).toHaveBeenCalledTimes(1);
    emitWarning.mockRestore();
  });
});

describe("an event is wanted", () => {
  const nothing = () => {};

  it.each<[string, (events: TypedEvents) => void, boolean]>([
    ["by nobody at first", () => {}, false],
    ["by a listener", (events) => void events.on("probe", nothing), true],
    ["by a part of the plugin", (events) => void events.onInternally("probe", nothing), true],
    [
      "not by who has left",
      (events) => void events.on("probe", nothing).off("probe", nothing),
      false,
    ],
    ["not by who listens to another", (events) => void events.on("operation", nothing), false],
    ["not by who hears any but frequent ones", (events) => void events.onAny(nothing), false],
    ["by who hears any", (events) => void events.onAny(nothing, { includeFrequent: true }), true],
    [
      "not by who has heard it once",
      (events) => events.once("probe", nothing).emit("probe", {} as never),
      false,
    ],
  ])("%s", (_, prepare, isWanted) => {
    const events = new TypedEvents();
    prepare(events);
    expect(events.wants("probe")).toBe(isWanted);
  });
});

it("an event goes to those who listened when it came", () => {
  const events = new TypedEvents();
  const calls: string[] = [];
  const late = () => void calls.push("late");
  const early = () => {
    calls.push("early");
    events.off("allDown", early).on("allDown", late);
  };
  events.on("allDown", early).on("allDown", () => void calls.push("second"));
  events.emit("allDown", { endpoints: [] });
  expect(calls).toEqual(["early", "second"]);
  events.emit("allDown", { endpoints: [] });
  expect(calls).toEqual(["early", "second", "second", "late"]);
});
