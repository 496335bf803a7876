import { apiVersion, callRest } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const scene = createScene();
const publisher = ["webpubsub.sendToGroup.g"];

async function connectPublisher(
  emulator: Parameters<typeof clientUrl>[0],
  { query = "group=g", ...token } = {} as {
    query?: string;
    roles?: string[];
    groups?: string[];
    userId?: string;
  },
) {
  const url = `${clientUrl(emulator, "chat", { roles: publisher, ...token })}&webpubsub_mode=sendToGroup&${query}`;
  const client = new SocketClient(url);
  scene.defer(() => client.terminate());
  await client.opened;
  return client;
}

describe("a simple client in the sendToGroup mode", () => {
  test.each([
    ["text", "hé", { dataType: "text", data: "hé" }],
    ["bytes", Buffer.from([0, 255]), { dataType: "binary", data: "AP8=" }],
  ])("publishes each frame of %s to its group", async (_what, frame, message) => {
    const emulator = await scene.emulator();
    const member = await scene.connectJson(emulator, { groups: ["g"] });
    const client = await connectPublisher(emulator, { userId: "ada" });
    client.send(frame);
    expect(await member.nextJson()).toEqual({
      type: "message",
      from: "group",
      group: "g",
      fromUserId: "ada",
      ...message,
    });
  });

  test.each([
    ["gets its own messages as a member", "group=g", ["first", "second"]],
    ["is spared them with noEcho", "group=g&noEcho=true", ["second"]],
  ])("%s", async (_what, query, expected) => {
    const emulator = await scene.emulator();
    const client = await connectPublisher(emulator, { query, groups: ["g"] });
    const other = await connectPublisher(emulator, { groups: ["g"] });
    client.send("first");
    expect(await other.nextText()).toBe("first");
    other.send("second");
    for (const text of expected) expect(await client.nextText()).toBe(text);
    expect(client.unread).toBe(0);
  });

  test.each([[[]], [["webpubsub.sendToGroup.other"]], [["webpubsub.joinLeaveGroup.g"]]])(
    "is closed by 1008 at its first frame with the roles %j",
    async (roles) => {
      const emulator = await scene.emulator();
      const client = await connectPublisher(emulator, { roles });
      client.send("hi");
      expect((await client.closed).code).toBe(1008);
    },
  );

  test("raises no events", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await connectPublisher(emulator, { groups: ["g"] });
    client.send("hi");
    expect(await client.nextText()).toBe("hi");
    client.socket.close();
    const calls = await appServer.nextEvents(3);
    expect(calls.map(({ event }) => event)).toEqual([
      "sys.connect",
      "sys.connected",
      "sys.disconnected",
    ]);
  });
});

test("a simple client sees no envelope, no connected frame and no disconnected frame", async () => {
  const emulator = await scene.emulator();
  const client = await scene.connect(emulator);
  const send = (contentType: string, body: string) =>
    callRest(emulator, {
      method: "POST",
      path: `/api/hubs/chat/:send?${apiVersion}`,
      headers: { "Content-Type": contentType },
      body,
    });
  await send("application/json", '"a string keeps its quotes"');
  await send("application/octet-stream", "bytes");
  await callRest(emulator, {
    method: "POST",
    path: `/api/hubs/chat/:closeConnections?${apiVersion}&reason=bye`,
  });
  expect(await client.next()).toEqual({
    data: Buffer.from('"a string keeps its quotes"'),
    isBinary: false,
  });
  expect(await client.next()).toEqual({ data: Buffer.from("bytes"), isBinary: true });
  expect(await client.closed).toEqual({ code: 1000, reason: "" });
  expect(client.unread).toBe(0);
});
