import { createHmac } from "node:crypto";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { callRest } from "../support/rest.ts";
import { accessKey, createScene, secondaryAccessKey } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { inSeconds, signToken } from "../support/tokens.ts";

const scene = createScene();

const digest = (key: string, text: string): string =>
  createHmac("sha256", key).update(text).digest("hex");

const originalKeys = { primary: accessKey, secondary: secondaryAccessKey };

async function restStatus(emulator: Emulator, key: string): Promise<number> {
  const path = "/api/hubs/chat/users/u?api-version=2024-12-01";
  const token = signToken({ aud: emulator.endpoint + path, exp: inSeconds(60) }, key);
  return (await callRest(emulator, { method: "HEAD", path, token })).status;
}

async function handshakeStatus(emulator: Emulator, key: string): Promise<number> {
  const url = `${emulator.endpoint}/client/hubs/chat`;
  const token = signToken({ aud: url, exp: inSeconds(60) }, key);
  const client = new SocketClient(`${url.replace("http", "ws")}?access_token=${token}`);
  scene.defer(() => client.terminate());
  return Promise.race([client.opened.then(() => 101), client.refused.then(({ status }) => status)]);
}

describe.each(["primary", "secondary"] as const)("rotating the %s key", (which) => {
  const other = which === "primary" ? "secondary" : "primary";

  test("refuses what the old key has signed, and takes the new one's and the other's", async () => {
    const emulator = await scene.emulator();
    const oldKey = originalKeys[which];
    const newKey = emulator.rotateKey(which);
    expect(await restStatus(emulator, oldKey)).toBe(401);
    expect(await handshakeStatus(emulator, oldKey)).toBe(401);
    for (const key of [newKey, originalKeys[other]]) {
      expect(await restStatus(emulator, key)).toBe(404);
      expect(await handshakeStatus(emulator, key)).toBe(101);
    }
  });

  test("leaves open clients alone", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    emulator.rotateKey(which);
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
  });
});

test("connection strings follow their key", async () => {
  const emulator = await scene.emulator();
  const withKey = (key: string) => `Endpoint=${emulator.endpoint};AccessKey=${key};Version=1.0;`;
  expect(emulator.secondaryConnectionString).toBe(withKey(secondaryAccessKey));
  expect(emulator.rotateKey("primary", "fresh")).toBe("fresh");
  expect(emulator.connectionString).toBe(withKey("fresh"));
  expect(emulator.secondaryConnectionString).toBe(withKey(secondaryAccessKey));
  const random = emulator.rotateKey("secondary");
  expect(Buffer.from(random, "base64")).toHaveLength(32);
  expect(emulator.secondaryConnectionString).toBe(withKey(random));
});

test("events are signed with the new key from then on", async () => {
  const { appServer, emulator } = await scene.withAppServer();
  await scene.connect(emulator);
  const [before] = await appServer.nextEvents(2);
  emulator.rotateKey("primary", "fresh");
  emulator.rotateKey("secondary", "fresh-too");
  const client = await scene.connect(emulator);
  const [after] = await appServer.nextEvents(2);
  expect(before?.headers["ce-signature"]).toMatch(/^sha256=[0-9a-f]{64},sha256=[0-9a-f]{64}$/);
  const id = String(after?.headers["ce-connectionid"]);
  expect(after?.headers["ce-signature"]).toBe(
    [digest("fresh", id), digest("fresh-too", id)].map((hex) => `sha256=${hex}`).join(","),
  );
  client.terminate();
});

test.each([
  ["tertiary", undefined, /which/],
  ["primary", "a;b", /newKey: got .*; give text/],
  ["primary", "", /newKey/],
])("%s with key %j is refused, and nothing changes", async (which, newKey, message) => {
  const emulator = await scene.emulator();
  const { connectionString } = emulator;
  expect(() => emulator.rotateKey(which as never, newKey)).toThrow(
    expect.objectContaining({
      code: "ERR_INVALID_OPTIONS",
      message: expect.stringMatching(message),
    }),
  );
  expect(emulator.connectionString).toBe(connectionString);
});
