import { until } from "../../support/until.ts";
import { createDeferred } from "../support/deferred.ts";
import { createScene } from "../support/scene.ts";

const scene = createScene();
const invoke = { type: "invoke", target: "event", event: "add" };

describe("an invocation", () => {
  test.each([
    ["json", { dataType: "json", data: { a: 1 } }, "application/json", '{"a":1}'],
    ["text", { dataType: "text", data: "hé" }, "text/plain; charset=utf-8", "hé"],
    ["binary", { dataType: "binary", data: "AAE=" }, "application/octet-stream", "\0\x01"],
    ["nothing", {}, expect.any(String), ""],
  ])(
    "an invocation carries %s to the app server as a user event",
    async (_what, content, type, body) => {
      const { appServer, emulator } = await scene.withAppServer();
      const client = await scene.connectJson(emulator);
      await appServer.nextEvents(2);
      await client.ask({ ...invoke, invocationId: "1", ...content });
      const call = await appServer.events.take();
      expect(call).toMatchObject({ event: "user.add", body, headers: { "content-type": type } });
    },
  );

  test.each([
    ["text/plain", "3", { dataType: "text", data: "3" }],
    ["application/json", '{"sum":3}', { dataType: "json", data: { sum: 3 } }],
    ["application/octet-stream", "\0", { dataType: "binary", data: "AA==" }],
    ["text/plain", "", {}],
  ])(
    "an invocation is answered with the app server's data of type %s: %j",
    async (contentType, body, content) => {
      const { appServer, emulator } = await scene.withAppServer();
      const client = await scene.connectJson(emulator);
      appServer.answer = () => ({ headers: { "Content-Type": contentType }, body });
      expect(await client.ask({ ...invoke, invocationId: "i" })).toEqual({
        type: "invokeResponse",
        invocationId: "i",
        success: true,
        ...content,
      });
    },
  );

  test.each([
    ["that nobody handles", {}, invoke, "InvocationFailed"],
    ["of no event", {}, { ...invoke, event: "1st" }, "BadRequest"],
    ["of a group", {}, { ...invoke, target: "group" }, "BadRequest"],
  ])("%s fails with a name and a message", async (_what, hub, request, name) => {
    const emulator = await scene.emulator({ hubs: { chat: hub } });
    const client = await scene.connectJson(emulator);
    expect(await client.ask({ ...request, invocationId: "i" })).toEqual({
      type: "invokeResponse",
      invocationId: "i",
      success: false,
      error: { name, message: expect.any(String) },
    });
  });

  test("an invocation fails when the app server fails", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    appServer.answer = () => ({ status: 500 });
    expect(await client.ask({ ...invoke, invocationId: "i" })).toMatchObject({
      success: false,
      error: { name: "InvocationFailed", message: expect.stringContaining("500") },
    });
  });

  test("an invocation does not hold up other frames, and its id is taken until it is over", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    const answer = createDeferred<{ status: number }>();
    appServer.answer = () => answer.promise;
    client.send({ ...invoke, invocationId: "i" });
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    expect(await client.ask({ ...invoke, invocationId: "i" })).toMatchObject({
      error: { name: "BadRequest" },
    });
    answer.resolve({ status: 204 });
    expect(await client.nextJson()).toMatchObject({ invocationId: "i", success: true });
    expect(await client.ask({ ...invoke, invocationId: "i" })).toMatchObject({ success: true });
  });

  test("a cancelled invocation is not answered any more", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    await appServer.nextEvents(2);
    appServer.answer = () => new Promise(() => {});
    client.send({ ...invoke, invocationId: "i" });
    const call = await appServer.events.take();
    client.send({ type: "cancelInvocation", invocationId: "i" });
    await call.over;
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    expect(client.unread).toBe(0);
  });

  test("an invocation is given up when its client leaves", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    await appServer.nextEvents(2);
    appServer.answer = ({ event }) => (event === "user.add" ? new Promise(() => {}) : {});
    client.send({ ...invoke, invocationId: "i" });
    const call = await appServer.events.take();
    client.terminate();
    await call.over;
    expect((await appServer.events.take()).event).toBe("sys.disconnected");
  });

  test("a connection has at most 100 invocations at a time", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    const answer = createDeferred<{ status: number }>();
    appServer.answer = () => answer.promise;
    for (let i = 0; i < 100; i++) client.send({ ...invoke, invocationId: `${i}` });
    expect(await client.ask({ ...invoke, invocationId: "100" })).toMatchObject({
      invocationId: "100",
      success: false,
    });
    answer.resolve({ status: 204 });
    await until(() => client.unread === 100);
  });
});

test("cancelling what was never begun is fine", async () => {
  const emulator = await scene.emulator();
  const client = await scene.connectJson(emulator);
  client.send({ type: "cancelInvocation", invocationId: "i" });
  expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
});
