import type { RestError } from "@azure/core-rest-pipeline";
import { odata, type WebPubSubServiceClient } from "@azure/web-pubsub";
import type { SocketClient } from "../../emulator/support/socket-client.ts";
import { createServiceScene } from "./service-scene.ts";

const { scene, setUp } = createServiceScene();

describe("filters", () => {
  const heardBy = async (clients: SocketClient[], flush: () => Promise<void>) => {
    await flush();
    const heard: unknown[][] = [];
    for (const client of clients) {
      const own: unknown[] = [];
      for (;;) {
        const { data } = (await client.nextJson()) as { data: unknown };
        if (data === "flush") break;
        own.push(data);
      }
      heard.push(own);
    }
    return heard;
  };

  test("choose who gets a message, by the official tag", async () => {
    const { emulator, service } = await setUp();
    const ohara = await scene.connectJson(emulator, { userId: "o'hara", groups: ["g"] });
    const other = await scene.connectJson(emulator, { userId: "other", groups: ["g", "it's"] });
    const nobody = await scene.connectJson(emulator);
    await service.sendToAll("quoted", { filter: odata`userId eq ${"o'hara"}` });
    await service.sendToAll("anonymous", { filter: odata`userId eq ${null}` });
    await service.sendToAll("member", { filter: odata`${"it's"} in groups` });
    await service.sendToAll("long", { filter: odata`length(userId) gt ${5}` });
    await service.group("g").sendToAll("in g", { filter: odata`not (userId eq ${"other"})` });
    await service.sendToUser("other", "to user", { filter: odata`'g' in groups` });
    await service.sendToUser("other", "not", { filter: odata`not ('g' in groups)` });
    expect(await heardBy([ohara, other, nobody], () => service.sendToAll("flush"))).toEqual([
      ["quoted", "long", "in g"],
      ["member", "to user"],
      ["anonymous"],
    ]);
  });

  test("choose who is added to groups and removed from them", async () => {
    const { emulator, service } = await setUp();
    await scene.connectJson(emulator, { userId: "o'hara" });
    await scene.connectJson(emulator, { userId: "other" });
    const filter = odata`userId eq ${"o'hara"}`;
    await service.addConnectionsToGroups(["g", "h/ü"], filter);
    const usersOf = async (group: string) => {
      const users: unknown[] = [];
      for await (const { userId } of await service.group(group).listConnections())
        users.push(userId);
      return users;
    };
    expect([await usersOf("g"), await usersOf("h/ü")]).toEqual([["o'hara"], ["o'hara"]]);
    await service.removeConnectionsFromGroups(["h/ü"], odata`userId eq ${"other"}`);
    expect(await usersOf("h/ü")).toEqual(["o'hara"]);
    await service.removeConnectionsFromGroups(["g", "h/ü"], filter);
    expect([await usersOf("g"), await usersOf("h/ü")]).toEqual([[], []]);
  });

  test.each<[string, string, (service: WebPubSubServiceClient, filter: string) => Promise<void>]>([
    ["sendToAll", "filter", (service, filter) => service.sendToAll("x", { filter })],
    ["sendToUser", "filter", (service, filter) => service.sendToUser("u", "x", { filter })],
    ["group", "filter", (service, filter) => service.group("g").sendToAll("x", { filter })],
    ["add", "Filter", (service, filter) => service.addConnectionsToGroups(["g"], filter)],
    ["remove", "Filter", (service, filter) => service.removeConnectionsFromGroups(["g"], filter)],
  ])("that are none are refused in the service's words: %s", async (_what, target, call) => {
    const { service } = await setUp();
    const error: RestError = await call(service, "not length(userId) gt 5").then(
      () => undefined,
      (reason) => reason,
    );
    expect(error.statusCode).toBe(400);
    // The SDK does not read problems, it only keeps their text.
    expect(JSON.parse(error.response?.bodyAsText ?? "")).toMatchObject({
      code: "Error.BadRequest",
      message:
        "Invalid syntax for 'not length(userId)': Type 'null', expect 'bool'. (Parameter 'filter')",
      target,
    });
  });
});
