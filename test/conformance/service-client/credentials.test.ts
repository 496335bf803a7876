import { AzureKeyCredential, WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { WebSocket } from "ws";
import { jsonProtocol, secondaryAccessKey } from "../../emulator/support/scene.ts";
import { SocketClient } from "../../emulator/support/socket-client.ts";
import { inSeconds, signToken } from "../../emulator/support/tokens.ts";
import { createServiceScene, options } from "./service-scene.ts";

const { scene, setUp } = createServiceScene();

describe("the official service client", () => {
  const withKey = (emulator: Emulator, key: string) =>
    new WebPubSubServiceClient(emulator.endpoint, new AzureKeyCredential(key), "chat", options);

  test("gets in with either of the two access keys, and with no other", async () => {
    const { emulator } = await setUp();
    await withKey(emulator, secondaryAccessKey).sendToAll("x");
    await expect(withKey(emulator, "foreign").sendToAll("x")).rejects.toMatchObject({
      statusCode: 401,
    });
  });

  test("takes a connection string whose port stands apart", async () => {
    const { emulator } = await setUp();
    const apart = emulator.connectionString.replace(
      `:${emulator.port};`,
      `;Port=${emulator.port};`,
    );
    await new WebPubSubServiceClient(apart, "chat", options).sendToAll("x");
  });

  test("works through a reverse proxy", async () => {
    const { emulator } = await setUp();
    const proxied = new WebPubSubServiceClient(
      emulator.connectionString.replace(/Endpoint=[^;]*/, `Endpoint=${emulator.endpoint}`),
      "chat",
      { ...options, reverseProxyEndpoint: emulator.endpoint.replace("127.0.0.1", "localhost") },
    );
    await proxied.sendToAll("x");
  });
});

describe("a client's token", () => {
  const grants = {
    userId: "u",
    roles: ["webpubsub.sendToGroup.g"],
    groups: ["g"],
    expirationTimeInMinutes: 5,
  };

  test("made with the key lets the client in", async () => {
    const { service } = await setUp();
    const { url } = await service.getClientAccessToken(grants);
    const client = new SocketClient(url, [jsonProtocol]);
    scene.defer(() => client.terminate());
    expect(await client.nextJson()).toMatchObject({ event: "connected", userId: "u" });
    expect(await service.groupExists("g")).toBe(true);
  });

  test("made by the service for an Entra identity lets the client in, over https", async () => {
    const emulator = await scene.emulator({
      tls: true,
      acceptEntraTokens: true,
      disableLocalAuth: true,
    });
    const ca = emulator.certificate;
    const token = signToken({ aud: "https://webpubsub.azure.com", exp: inSeconds(60) }, "entra");
    const credential = {
      getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 }),
    };
    const service = new WebPubSubServiceClient(emulator.endpoint, credential, "chat", {
      ...options,
      tlsOptions: { ca },
    });
    const { url } = await service.getClientAccessToken({ ...grants, clientProtocol: "default" });
    expect(url).toMatch(/^wss:/);
    const socket = new WebSocket(url, { ca });
    scene.defer(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    expect(await service.userExists("u")).toBe(true);
    const message = new Promise((resolve) => socket.once("message", resolve));
    await service.sendToUser("u", "hi", { contentType: "text/plain" });
    expect(String(await message)).toBe("hi");
  });
});
