import { createServiceScene } from "./service-scene.ts";

const { scene, setUp } = createServiceScene();

describe("permissions", () => {
  test.each(["joinLeaveGroup", "sendToGroup"] as const)(
    "to %s are granted, known and revoked",
    async (permission) => {
      const { emulator, service } = await setUp();
      const { connectionId } = await scene.connectJson(emulator);
      const target = { targetName: "a/ %ü" };
      const has = (to?: object) => service.hasPermission(connectionId, permission, to);
      expect(await has(target)).toBe(false);
      await service.grantPermission(connectionId, permission, target);
      expect([await has(target), await has({ targetName: "b" })]).toEqual([true, false]);
      await service.revokePermission(connectionId, permission, target);
      expect(await has(target)).toBe(false);
      const refused = { statusCode: 400, code: "Error.BadRequest" };
      const grant = service.grantPermission(connectionId, permission);
      await expect(grant).rejects.toMatchObject(refused);
      await expect(has()).rejects.toMatchObject({ statusCode: 400 });
    },
  );

  test("of a connection that does not exist cannot be granted, are not there and can be revoked", async () => {
    const { service } = await setUp();
    const target = { targetName: "g" };
    await expect(service.grantPermission("gh/ost", "sendToGroup", target)).rejects.toMatchObject({
      statusCode: 404,
      code: "Info.Connection.NotExisted",
      message: "Connection `gh/ost` is not found.",
    });
    expect(await service.hasPermission("gh/ost", "sendToGroup", target)).toBe(false);
    await service.revokePermission("gh/ost", "sendToGroup", target);
  });

  test("of another kind are refused", async () => {
    const { service } = await setUp();
    await expect(service.grantPermission("c", "fly" as never)).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});
