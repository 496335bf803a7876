import type { UpstreamOptions } from "express-resilient-pubsub";
import { type EventRequest, eventRequest } from "../support/upstream-request.ts";
import { PATH, setUp } from "./support/upstream-regions.ts";

describe("a handler that fails becomes a 500 and a handlerError,", () => {
  const boom = () => {
    throw new Error("password hunter2");
  };
  const system = { contentType: "application/json", body: "{}" };
  it.each<[string, UpstreamOptions, EventRequest]>([
    ["when it throws", { handleUserEvent: boom }, {}],
    ["when it rejects", { handleUserEvent: async () => boom() }, {}],
    [
      "be it handleConnect",
      { handleConnect: async () => boom() },
      { type: "sys.connect", ...system },
    ],
    ["or onConnected", { onConnected: boom }, { type: "sys.connected", ...system }],
    [
      "or onDisconnected",
      { onDisconnected: async () => boom() },
      { type: "sys.disconnected", ...system },
    ],
  ])("%s", async (_, upstream, event) => {
    const { post, errors } = await setUp(upstream);
    const { status, body } = await post(event);
    expect({ status, code: body.code }).toEqual({ status: 500, code: "ERR_HANDLER_FAILED" });
    expect(JSON.stringify(body)).not.toContain("hunter2");
    const handler = `upstream.${Object.keys(upstream)[0]}`;
    expect(errors).toEqual([
      { handler, error: expect.objectContaining({ message: "password hunter2" }) },
    ]);
  });

  const wrongly = (answer: (res: { success: unknown; fail: unknown }) => void) =>
    ({ handleUserEvent: (_req, res) => answer(res as never) }) as UpstreamOptions;
  // biome-ignore lint/suspicious/noExplicitAny: what a handler written in JavaScript may do
  type AnyResponse = any;
  it.each<[string, UpstreamOptions]>([
    ["an object", wrongly((res: AnyResponse) => res.success({ a: 1 }, "json"))],
    ["a number", wrongly((res: AnyResponse) => res.success(5, "text"))],
    ["a status that is none", wrongly((res: AnyResponse) => res.fail(99))],
    ["a status in words", wrongly((res: AnyResponse) => res.fail("bad"))],
    ["an object later", wrongly((res: AnyResponse) => void setTimeout(() => res.success({}), 5))],
  ])("when it answers with %s, which cannot be sent", async (_, upstream) => {
    const { post, errors } = await setUp(upstream);
    expect(await post()).toMatchObject({ status: 500, body: { code: "ERR_HANDLER_FAILED" } });
    expect(errors).toEqual([{ handler: "upstream.handleUserEvent", error: expect.any(Object) }]);
  });

  it.each<[string, unknown]>([
    ["an ArrayBuffer", new Uint8Array([1, 2]).buffer],
    ["a view", new Uint16Array([513])],
    ["a Buffer", Buffer.from([1, 2])],
  ])("but may answer with %s", async (_, bytes) => {
    const { url, eastus } = await setUp({
      handleUserEvent: (_req, res) => res.success(bytes as ArrayBuffer, "binary"),
    });
    const response = await fetch(url + PATH, eventRequest(eastus, {}));
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2]);
  });

  it.each<[string, UpstreamOptions]>([
    [
      "well, and then badly",
      wrongly((res: AnyResponse) => {
        res.success("first", "text");
        res.success({}, "json");
      }),
    ],
    [
      "twice well",
      wrongly((res: AnyResponse) => {
        res.success("first", "text");
        res.fail(500);
      }),
    ],
  ])("but answers once when it does so %s", async (_, upstream) => {
    const { post } = await setUp(upstream);
    expect(await post()).toMatchObject({ status: 200, body: "first" });
    expect((await post()).status).toBe(200);
  });

  it("once when it answers badly twice", async () => {
    const { post } = await setUp(
      wrongly((res: AnyResponse) => {
        res.success({});
        res.success({});
      }),
    );
    expect((await post()).status).toBe(500);
    expect((await post()).status).toBe(500);
  });

  it("but keeps its answer when it fails after that", async () => {
    const { post, errors } = await setUp({
      handleUserEvent: (_req, res) => {
        res.success("fine", "text");
        boom();
      },
    });
    expect(await post()).toMatchObject({ status: 200, body: "fine" });
    expect(errors).toHaveLength(1);
  });
});
