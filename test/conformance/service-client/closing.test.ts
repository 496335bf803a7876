import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import { createServiceScene } from "./service-scene.ts";

const { scene, setUp } = createServiceScene();

const SENTENCE = "Application server closed the connection.";

// Row 2 of the differences. R: Azure/azure-webpubsub#226 and the documents of `closeConnection`;
// E: the empty reason of the close frame.
describe("closing", () => {
  test.each<[string, (service: WebPubSubServiceClient, id: string) => Promise<void>]>([
    ["a connection", (service, id) => service.closeConnection(id, { reason: "bye" })],
    ["a user", (service) => service.closeUserConnections("u", { reason: "bye" })],
    ["a group", (service) => service.group("g").closeAllConnections({ reason: "bye" })],
    ["everybody", (service) => service.closeAllConnections({ reason: "bye" })],
  ])("%s tells the reason", async (_whom, close) => {
    const { emulator, service } = await setUp();
    const client = await scene.connectJson(emulator, { userId: "u", groups: ["g"] });
    const simple = await scene.connect(emulator, { userId: "u", groups: ["g"] });
    await close(service, client.connectionId);
    expect(await client.nextJson()).toEqual({
      type: "system",
      event: "disconnected",
      message: `${SENTENCE} Reason: bye`,
    });
    expect(await client.closed).toEqual({ code: 1000, reason: "" });
    expect(await service.connectionExists(client.connectionId)).toBe(false);
    await service.closeAllConnections();
    expect((await simple.closed).code).toBe(1000);
    expect(simple.unread).toBe(0);
  });

  test.each([{}, { reason: "" }])("with %j tells that the app server did it", async (options) => {
    const { emulator, service } = await setUp();
    const client = await scene.connectJson(emulator);
    await service.closeConnection(client.connectionId, options);
    expect(await client.nextJson()).toMatchObject({ event: "disconnected", message: SENTENCE });
    expect(await client.closed).toEqual({ code: 1000, reason: "" });
  });

  test.each<[string, (service: WebPubSubServiceClient, but: never) => Promise<void>]>([
    ["a user", (service, but) => service.closeUserConnections("u", but)],
    ["a group", (service, but) => service.group("g").closeAllConnections(but)],
    ["everybody", (service, but) => service.closeAllConnections(but)],
  ])("%s spares the excluded", async (_whom, close) => {
    const { emulator, service } = await setUp();
    const who = { userId: "u", groups: ["g"] };
    const stays = await scene.connectJson(emulator, who);
    const goes = await scene.connectJson(emulator, who);
    const staysToo = await scene.connectJson(emulator, who);
    const excluded = [stays.connectionId, staysToo.connectionId];
    await close(service, { excluded } as never);
    expect((await goes.closed).code).toBe(1000);
    expect(await service.connectionExists(goes.connectionId)).toBe(false);
    expect(await Promise.all(excluded.map((id) => service.connectionExists(id)))).toEqual([
      true,
      true,
    ]);
  });
});
