import { startPlugin, startRawService } from "../support/raw-service.ts";

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const sends = [
  ["broadcast", (it, message) => it.broadcast(message)],
  ["sendToAll", (it, message) => it.sendToAll(message)],
  ["group.sendToAll", (it, message) => it.group("g").sendToAll(message)],
  ["sendToUser", (it, message) => it.sendToUser("ada", message)],
  ["sendToConnection", (it, message) => it.sendToConnection("c1", message)],
] satisfies [string, (it: Awaited<ReturnType<typeof startPlugin>>, message: unknown) => unknown][];

describe.each(sends)("%s", (_, send) => {
  it.each<[unknown, string]>([
    [null, "null"],
    [0, "0"],
    [false, "false"],
    ["", '""'],
    [[], "[]"],
    [[null], "[null]"],
  ])("sends %j as JSON", async (message, body) => {
    const service = await startRawService();
    const pubsub = await startPlugin({ eastus: service });
    await send(pubsub, message);
    expect(service.requests.map((request) => String(request.body))).toEqual([body]);
    expect(service.requests[0]?.headers["content-type"]).toBe("application/json");
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["a function", () => {}],
    ["a symbol", Symbol("s")],
    ["a BigInt", 1n],
    ["an object with a BigInt in it", { a: [1n] }],
    ["a cycle", cyclic],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
    ["what becomes nothing", { toJSON: () => undefined }],
    [
      "what refuses",
      {
        toJSON: () => {
          throw new Error("no");
        },
      },
    ],
  ])("refuses %s before anything is sent", async (_, message) => {
    const service = await startRawService();
    const pubsub = await startPlugin({ eastus: service });
    await expect(send(pubsub, message)).rejects.toMatchObject({ code: "ERR_INVALID_ARGUMENT" });
    expect(service.requests).toEqual([]);
  });
});
