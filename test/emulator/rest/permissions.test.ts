import type { Emulator } from "express-resilient-pubsub/emulator";
import { apiVersion, callRest } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";
import type { SocketClient } from "../support/socket-client.ts";

const scene = createScene();

async function setUp(roles: string[] = []) {
  const emulator = await scene.emulator();
  const client = await scene.connectJson(emulator, { userId: "u", roles });
  const ask = (method: string, permission: string, query: string, id = client.connectionId) => {
    const path = `/api/hubs/chat/permissions/${permission}/connections/${id}`;
    return callRest(emulator, { method, path: `${path}?${apiVersion}${query}` });
  };
  const call = async (method: string, permission: string, query: string) =>
    (await ask(method, permission, query)).status;
  return { emulator, client, ask, call };
}

let ackId = 0;
const isAcked = async (client: SocketClient, request: object) => {
  ackId += 1;
  const ack = await client.ask({ ...request, ackId });
  return (ack as { success: boolean }).success;
};
const mayJoin = (client: SocketClient, group: string) =>
  isAcked(client, { type: "joinGroup", group });
const maySend = (client: SocketClient, group: string) =>
  isAcked(client, { type: "sendToGroup", group, data: 1 });

const groupExists = async (emulator: Emulator, group: string) =>
  (
    await callRest(emulator, {
      method: "HEAD",
      path: `/api/hubs/chat/groups/${group}?${apiVersion}`,
    })
  ).status === 200;

test("a permission for one group holds from grant to revoke, and for that group only", async () => {
  const { emulator, client, call } = await setUp();
  const target = `&targetName=${encodeURIComponent("a/1 ü")}`;
  expect(await mayJoin(client, "a/1 ü")).toBe(false);
  expect(await call("HEAD", "joinLeaveGroup", target)).toBe(404);
  expect(await call("PUT", "joinLeaveGroup", target)).toBe(200);
  expect(await call("HEAD", "joinLeaveGroup", target)).toBe(200);
  expect(await call("HEAD", "sendToGroup", target)).toBe(404);
  expect(await call("HEAD", "joinLeaveGroup", "&targetName=b")).toBe(404);
  expect(await mayJoin(client, "a/1 ü")).toBe(true);
  expect(await mayJoin(client, "b")).toBe(false);
  expect(await call("DELETE", "joinLeaveGroup", target)).toBe(204);
  expect(await call("HEAD", "joinLeaveGroup", target)).toBe(404);
  expect(await mayJoin(client, "a/1 ü")).toBe(false);
  expect(await groupExists(emulator, encodeURIComponent("a/1 ü"))).toBe(true);
});

// R has DELETE of joinLeaveGroup without a targetName; E has the rest.
describe.each(["joinLeaveGroup", "sendToGroup"])("%s", (permission) => {
  test.each(
    ["PUT", "HEAD", "DELETE"].flatMap((method) => [
      [method, ""],
      [method, "&targetName="],
      [method, "&targetName=%20"],
    ]),
  )(
    "%s with %j for a group is 400: there is no permission for every group (R, E)",
    async (method, query) => {
      const { ask } = await setUp(["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]);
      for (const id of [undefined, "ghost"]) {
        const answer = await ask(method, permission, query, id);
        expect(answer.status).toBe(400);
        expect(answer.headers["x-ms-error-code"]).toBe("Error.BadRequest");
        if (method !== "HEAD") {
          expect(JSON.parse(answer.body)).toMatchObject({
            target: "Request",
            message: expect.stringMatching(/^Invalid group name\. /),
          });
        }
      }
    },
  );
});

test("a client without the permission is answered as one that is not there (E)", async () => {
  const { ask, client } = await setUp();
  const own = await ask("HEAD", "sendToGroup", "&targetName=a");
  const absent = await ask("HEAD", "sendToGroup", "&targetName=a", "x".repeat(31));
  expect(client.connectionId).toHaveLength(31);
  for (const { status, headers } of [own, absent]) {
    expect(status).toBe(404);
    expect(headers["x-ms-error-code"]).toBe("Info.Connection.NotExisted");
  }
  expect(own.headers["content-length"]).toBe(absent.headers["content-length"]);
});

test("of a client that may send to every group, one group is revoked and the others stay (E)", async () => {
  const { client, call } = await setUp(["webpubsub.sendToGroup"]);
  expect(await maySend(client, "a")).toBe(true);
  expect(await call("DELETE", "sendToGroup", "&targetName=a")).toBe(204);
  expect(await call("HEAD", "sendToGroup", "&targetName=a")).toBe(404);
  expect(await maySend(client, "a")).toBe(false);
  expect(await call("HEAD", "sendToGroup", "&targetName=b")).toBe(200);
  expect(await maySend(client, "b")).toBe(true);
  expect(await call("PUT", "sendToGroup", "&targetName=a")).toBe(200);
  expect(await maySend(client, "a")).toBe(true);
});

test("a permission of the token is known and can be revoked", async () => {
  const { client, call } = await setUp([
    "webpubsub.joinLeaveGroup.a",
    "webpubsub.joinLeaveGroups.p.*",
  ]);
  expect(await call("HEAD", "joinLeaveGroup", "&targetName=a")).toBe(200);
  expect(await call("HEAD", "joinLeaveGroup", "&targetName=p.q")).toBe(200);
  expect(await call("DELETE", "joinLeaveGroup", "&targetName=a")).toBe(204);
  expect(await mayJoin(client, "a")).toBe(false);
  expect(await mayJoin(client, "p.q")).toBe(true);
});

test("names of permissions ignore case", async () => {
  const { call } = await setUp();
  expect(await call("PUT", "SENDTOGROUP", "&targetName=a")).toBe(200);
  expect(await call("HEAD", "sendToGroup", "&targetName=a")).toBe(200);
});
