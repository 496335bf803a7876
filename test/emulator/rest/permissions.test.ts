import type { Emulator } from "express-resilient-pubsub/emulator";
import { apiVersion, callRest } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";
import type { SocketClient } from "../support/socket-client.ts";

const scene = createScene();

async function setUp(roles: string[] = []) {
  const emulator = await scene.emulator();
  const client = await scene.connectJson(emulator, { userId: "u", roles });
  const call = async (method: string, permission: string, query: string) => {
    const path = `/api/hubs/chat/permissions/${permission}/connections/${client.connectionId}`;
    const { status } = await callRest(emulator, { method, path: `${path}?${apiVersion}${query}` });
    return status;
  };
  return { emulator, client, call };
}

let ackId = 0;
const mayJoin = async (client: SocketClient, group: string) => {
  ackId += 1;
  const ack = await client.ask({ type: "joinGroup", group, ackId });
  return (ack as { success: boolean }).success;
};

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
  expect(await call("HEAD", "joinLeaveGroup", "")).toBe(404);
  expect(await mayJoin(client, "a/1 ü")).toBe(true);
  expect(await mayJoin(client, "b")).toBe(false);
  expect(await call("DELETE", "joinLeaveGroup", target)).toBe(204);
  expect(await call("HEAD", "joinLeaveGroup", target)).toBe(404);
  expect(await mayJoin(client, "a/1 ü")).toBe(false);
  expect(await groupExists(emulator, encodeURIComponent("a/1 ü"))).toBe(true);
});

test("a permission without a group is for every group", async () => {
  const { client, call } = await setUp();
  expect(await call("PUT", "joinLeaveGroup", "")).toBe(200);
  expect(await call("HEAD", "joinLeaveGroup", "")).toBe(200);
  expect(await call("HEAD", "joinLeaveGroup", "&targetName=any")).toBe(200);
  expect(await mayJoin(client, "any")).toBe(true);
  expect(await call("PUT", "sendToGroup", "")).toBe(200);
  expect(await call("DELETE", "sendToGroup", "")).toBe(204);
  expect(await call("HEAD", "sendToGroup", "")).toBe(404);
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
