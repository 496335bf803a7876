import type { Emulator } from "express-resilient-pubsub/emulator";
import jwt from "jsonwebtoken";
import { apiVersion, callRest } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { inSeconds } from "../support/tokens.ts";

const scene = createScene();

async function generate(emulator: Emulator, query: string, hub = "Chat") {
  const path = `/api/hubs/${hub}/:generateToken?${apiVersion}${query}`;
  const answer = await callRest(emulator, { method: "POST", path });
  expect(answer).toMatchObject({ status: 200 });
  expect(Object.keys(JSON.parse(answer.body))).toEqual(["token"]);
  return JSON.parse(answer.body).token as string;
}

const read = (token: string) => {
  const decoded = jwt.decode(token, { complete: true });
  return { header: decoded?.header, payload: decoded?.payload as jwt.JwtPayload };
};

const connect = (emulator: Emulator, token: string, hub = "chat") => {
  const url = `ws://127.0.0.1:${emulator.port}/client/hubs/${hub}`;
  const client = new SocketClient(`${url}?access_token=${token}`, ["json.webpubsub.azure.v1"]);
  scene.defer(() => client.terminate());
  return client;
};

describe("a generated token", () => {
  test("says what was asked for, in the claims on record", async () => {
    const emulator = await scene.emulator();
    const before = inSeconds(0);
    const query = "&userId=a%20b&role=r1&role=r2&group=g1&group=g2&minutesToExpire=5";
    const { header, payload } = read(await generate(emulator, query));
    expect(header).toMatchObject({ alg: "HS256", typ: "JWT" });
    expect(header?.kid).toMatch(/^s-./);
    const { iat = 0 } = payload;
    expect(iat).toBeGreaterThanOrEqual(before);
    expect(payload).toEqual({
      sub: "a b",
      role: ["r1", "r2"],
      "webpubsub.group": ["g1", "g2"],
      iat,
      nbf: iat,
      exp: iat + 5 * 60,
      aud: `${emulator.endpoint}/client/hubs/Chat`,
      iss: "https://webpubsub.azure.com",
    });
  });

  test("lasts for an hour and is anonymous unless told otherwise", async () => {
    const emulator = await scene.emulator();
    const { payload } = read(await generate(emulator, ""));
    expect(Object.keys(payload).sort()).toEqual(["aud", "exp", "iat", "iss", "nbf"]);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  test.each([
    ["Default", "client/hubs"],
    ["default", "client/hubs"],
    ["MQTT", "clients/mqtt/hubs"],
    ["mqtt", "clients/mqtt/hubs"],
    ["SocketIO", "clients/socketio/hubs"],
    ["socketio", "clients/socketio/hubs"],
  ])("for a client of type %s is for %s", async (clientType, door) => {
    const emulator = await scene.emulator();
    const { payload } = read(await generate(emulator, `&clientType=${clientType}`));
    expect(payload.aud).toBe(`${emulator.endpoint}/${door}/Chat`);
  });

  test("lets a client in, with its user, groups and roles", async () => {
    const emulator = await scene.emulator();
    const roles = "&role=webpubsub.joinLeaveGroup.b";
    const client = connect(emulator, await generate(emulator, `&userId=u&group=a${roles}`));
    expect(await client.nextJson()).toMatchObject({ event: "connected", userId: "u" });
    const exists = { method: "HEAD", path: `/api/hubs/chat/groups/a?${apiVersion}` };
    expect((await callRest(emulator, exists)).status).toBe(200);
    const join = { type: "joinGroup", ackId: 1, group: "b" };
    expect(await client.ask(join)).toMatchObject({ success: true });
  });

  test("a generated token is refused by another hub and by REST calls", async () => {
    const emulator = await scene.emulator();
    const token = await generate(emulator, "");
    expect((await connect(emulator, token, "news").refused).status).toBe(401);
    const mqtt = await generate(emulator, "&clientType=MQTT");
    expect((await connect(emulator, mqtt).refused).status).toBe(401);
    const path = `/api/hubs/chat/:closeConnections?${apiVersion}`;
    expect((await callRest(emulator, { method: "POST", path, token })).status).toBe(401);
  });

  test("a generated token of one service instance is refused by another", async () => {
    const token = await generate(await scene.emulator({ publicEndpoint: "http://a.example" }), "");
    const other = await scene.emulator({ publicEndpoint: "http://a.example" });
    expect((await connect(other, token).refused).status).toBe(401);
  });

  test("a generated token stays valid when the access keys are rotated", async () => {
    const emulator = await scene.emulator();
    const token = await generate(emulator, "");
    emulator.rotateKey("primary");
    emulator.rotateKey("secondary");
    await connect(emulator, token).opened;
  });
});

test.each([
  ["minutesToExpire=0", "minutesToExpire"],
  ["minutesToExpire=-1", "minutesToExpire"],
  ["minutesToExpire=1.5", "minutesToExpire"],
  ["minutesToExpire=", "minutesToExpire"],
  ["minutesToExpire=99999999999", "minutesToExpire"],
  ["clientType=Telnet", "clientType"],
  ["group=", "group"],
  ["group=%20", "group"],
  [`group=${"g".repeat(1025)}`, "group"],
  ["userId=a%0d%0ab", "userId"],
])("a request with %s is refused", async (query, target) => {
  const emulator = await scene.emulator();
  const path = `/api/hubs/chat/:generateToken?${apiVersion}&${query}`;
  const answer = await callRest(emulator, { method: "POST", path });
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toMatchObject({ target });
});
