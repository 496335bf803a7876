import { createServiceScene, serviceOf } from "./service-scene.ts";

const { scene, setUp } = createServiceScene();

describe("sending", () => {
  test.each([
    ["an object", { a: [1, "ü"] }, {}, { dataType: "json", data: { a: [1, "ü"] } }],
    ["a string as JSON", "hi", {}, { dataType: "json", data: "hi" }],
    ["a string as text", "hi", { contentType: "text/plain" }, { dataType: "text", data: "hi" }],
    ["bytes", new Uint8Array([0, 255]), {}, { dataType: "binary", data: "AP8=" }],
  ] as const)("%s reaches everybody", async (_what, message, sendOptions, received) => {
    const { emulator, service } = await setUp();
    const client = await scene.connectJson(emulator);
    await service.sendToAll(message as never, sendOptions as never);
    expect(await client.nextJson()).toEqual({ type: "message", from: "server", ...received });
  });

  test("reaches the addressee and nobody else", async () => {
    const { emulator, service } = await setUp();
    const a = await scene.connectJson(emulator, { userId: "a", groups: ["g/1 %x"] });
    const b = await scene.connectJson(emulator, { userId: "b", groups: ["g/1 %x"] });
    const c = await scene.connectJson(emulator, { hub: "other", userId: "a" });
    await service.sendToUser("a", "to a");
    await service.sendToConnection(b.connectionId, "to b");
    await service.group("g/1 %x").sendToAll("to g");
    await service.sendToAll("but b", { excludedConnections: [b.connectionId] });
    await service.group("g/1 %x").sendToAll("not a", { excludedConnections: [a.connectionId] });
    await serviceOf(emulator, "OTHER").sendToAll("to other");
    const hear = async (client: typeof a, count: number) => {
      const heard: unknown[] = [];
      while (heard.length < count) heard.push(((await client.nextJson()) as { data: string }).data);
      return heard;
    };
    expect(await hear(a, 3)).toEqual(["to a", "to g", "but b"]);
    expect(await hear(b, 3)).toEqual(["to b", "to g", "not a"]);
    expect(await hear(c, 1)).toEqual(["to other"]);
    expect([a.unread, b.unread, c.unread]).toEqual([0, 0, 0]);
  });

  test("is refused with a lifetime that is too long", async () => {
    const { service } = await setUp();
    await expect(service.sendToAll("x", { messageTtlSeconds: 301 })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});
