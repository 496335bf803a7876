import { createServiceScene } from "./service-scene.ts";

const { scene, setUp } = createServiceScene();

describe("unusual names", () => {
  test.each(["a/b", "a b", "a%b", "a+b", "ü\u{1f600}", "?&=#", "a'b"])(
    "such as %j are good for groups",
    async (name) => {
      const { emulator, service } = await setUp();
      const { connectionId } = await scene.connectJson(emulator, { userId: "u" });
      const group = service.group(name);
      await group.addConnection(connectionId);
      expect(await service.groupExists(name)).toBe(true);
      await group.removeUser("u");
      expect(await service.groupExists(name)).toBe(false);
      await group.addUser("u");
      await group.closeAllConnections();
      expect(await service.connectionExists(connectionId)).toBe(false);
    },
  );

  test.each(["a b", "a%b", "a+b", "ü\u{1f600}", "?&=#", "a'b"])(
    "such as %j are good for users",
    async (userId) => {
      const { emulator, service } = await setUp();
      const client = await scene.connectJson(emulator, { userId });
      expect(await service.userExists(userId)).toBe(true);
      await service.sendToUser(userId, "hi");
      expect(await client.nextJson()).toMatchObject({ data: "hi" });
      await service.group("g").addUser(userId);
      await service.removeUserFromAllGroups(userId);
      await service.closeUserConnections(userId);
      expect(await service.userExists(userId)).toBe(false);
    },
  );

  test("a slash in a user id stays encoded, as the service has it", async () => {
    const { emulator, service } = await setUp();
    const encoded = await scene.connectJson(emulator, { userId: "tenant%2Falice" });
    const plain = await scene.connectJson(emulator, { userId: "tenant/alice" });
    await service.sendToUser("tenant/alice", "hi");
    await service.sendToAll("all");
    expect(await encoded.nextJson()).toMatchObject({ data: "hi" });
    expect(await plain.nextJson()).toMatchObject({ data: "all" });
  });

  test.each(["a/b", "a b", "a%b", "ü", "?&=#"])(
    "such as %j of connections name nobody and do no harm",
    async (absent) => {
      const { service } = await setUp();
      expect(await service.connectionExists(absent)).toBe(false);
      await service.sendToConnection(absent, "x");
      await service.closeConnection(absent);
      await service.removeConnectionFromAllGroups(absent);
      await service.group("g").removeConnection(absent);
      await expect(service.group("g").addConnection(absent)).rejects.toMatchObject({
        message: `Connection \`${absent}\` is not found.`,
      });
    },
  );
});
