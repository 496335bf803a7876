import { inspect } from "node:util";
import { memoryStore, resilientPubSub } from "express-resilient-pubsub";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { describeError } from "../../src/service/describe-error.ts";
import { storeError } from "../../src/stores/store-error.ts";
import { closeAfterTest } from "../support/clean-up.ts";

/*
 * Whoever sends an event to a log or a browser must not send more than was meant: endpoint, code,
 * status and one line.
 */
const SECRET = "hunter2";
const hostile = () =>
  Object.assign(new Error(`${SECRET}\nsecond line`), {
    code: "EWHATEVER",
    request: { headers: { authorization: SECRET } },
    response: { body: SECRET },
  });

const jsonOf = (event: unknown) => JSON.parse(JSON.stringify(event));

describe("an event as JSON tells of its error a code, a status and one line:", () => {
  it.each([
    ["tokenFailed", { endpoint: "east" }],
    ["failbackFailed", { from: "west", to: "east" }],
    ["evacuationFailed", { endpoint: "east" }],
    ["stragglersFailed", { endpoint: "east" }],
    ["coordinationLost", {}],
    ["recordSpoilt", {}],
    ["closeFailed", { part: "store" }],
    ["handlerError", { handler: "router" }],
  ] as const)("%s", (name, rest) => {
    const events = new TypedEvents(describeError);
    const heard: { error?: unknown }[] = [];
    const error = hostile();
    events.on(name, (event) => void heard.push(event));
    events.emit(name, { ...rest, error } as never);
    expect(heard).toEqual([{ ...rest, error }]);
    expect(heard[0]?.error).toBe(error);
    const { error: told, ...others } = jsonOf(heard[0]);
    expect(others).toEqual(rest);
    expect(told).toEqual({ code: "EWHATEVER", message: expect.stringMatching(/^[^\n]+$/) });
    expect(JSON.stringify(heard)).not.toContain(SECRET);
  });
});

it("an event of a plugin is as safe as that", async () => {
  const store = { ...memoryStore(), open: () => Promise.reject(hostile()) };
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      topology: "client-client",
      endpoints: [
        {
          name: "east",
          role: "primary",
          connectionString: "Endpoint=http://127.0.0.1:9;AccessKey=k",
        },
      ],
      negotiate: { allowAnonymous: true },
      coordination: { store },
    }),
  );
  const lost = new Promise((resolve) => void pubsub.events.on("coordinationLost", resolve));
  await pubsub.ready().catch(() => {});
  expect(JSON.stringify(await lost)).toBe(
    '{"error":{"code":"EWHATEVER","message":"The connection was not made, or was lost (EWHATEVER)"}}',
  );
});

it("where a store is, is told to those who run the app, and not in JSON", () => {
  const error = storeError("redis at cache.internal:6379", {
    code: "ERR_STORE_UNAVAILABLE",
    what: "cannot be reached (connect ECONNREFUSED 10.0.0.7:6379)",
    remedy: "is redis up?",
  });
  expect(inspect(error)).toContain("cache.internal:6379");
  const told = JSON.stringify([error, describeError(error)]);
  expect(told).toContain("ERR_STORE_UNAVAILABLE");
  expect(told).not.toMatch(/internal|10\.0/);
});
