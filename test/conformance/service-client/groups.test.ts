import { until } from "../../support/until.ts";
import { createServiceScene } from "./service-scene.ts";

const { scene, setUp } = createServiceScene();

describe("groups", () => {
  test("are joined and left by connection and by user", async () => {
    const { emulator, service } = await setUp();
    const { connectionId } = await scene.connectJson(emulator, { userId: "u" });
    const [g, h] = [service.group("g"), service.group("h")];
    const present = () => Promise.all([service.groupExists("g"), service.groupExists("h")]);
    await g.addConnection(connectionId);
    await h.addUser("u");
    expect(await present()).toEqual([true, true]);
    await g.removeConnection(connectionId);
    await h.removeUser("u");
    expect(await present()).toEqual([false, false]);
    await g.addUser("u");
    await h.addUser("u");
    await service.removeConnectionFromAllGroups(connectionId);
    expect(await present()).toEqual([false, false]);
    await g.addUser("u");
    await service.removeUserFromAllGroups("u");
    expect(await present()).toEqual([false, false]);
  });

  test("get the connections that a user has now, not its later ones", async () => {
    const { emulator, service } = await setUp();
    const first = await scene.connectJson(emulator, { userId: "u" });
    const second = await scene.connectJson(emulator, { userId: "u" });
    await service.group("g").addUser("u");
    await scene.connectJson(emulator, { userId: "u" });
    const members: string[] = [];
    for await (const { connectionId } of await service.group("g").listConnections()) {
      members.push(connectionId);
    }
    expect(members).toEqual([first.connectionId, second.connectionId].sort());
  });

  test("exist as long as somebody is in them", async () => {
    const { emulator, service } = await setUp();
    const first = await scene.connectJson(emulator, { groups: ["g"] });
    const second = await scene.connectJson(emulator, { groups: ["g"] });
    await service.closeConnection(first.connectionId);
    expect(await service.groupExists("g")).toBe(true);
    second.socket.close();
    await until(async () => !(await service.groupExists("g")));
  });

  test("take no connection that does not exist", async () => {
    const { service } = await setUp();
    await expect(service.group("g").addConnection("ghost")).rejects.toMatchObject({
      statusCode: 404,
      code: "Error.Connection.NotExisted",
    });
    await expect(service.group("g").addUser("ghost")).rejects.toMatchObject({
      statusCode: 404,
      code: "Warning.User.NotExisted",
    });
  });
});
