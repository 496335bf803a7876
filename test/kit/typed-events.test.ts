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
