import { once } from "node:events";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import express from "express";
import { type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import WebSocket from "ws";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { type EventRequest, eventRequest } from "../support/upstream-request.ts";
import { PATH } from "./support/upstream-regions.ts";

interface Scene {
  readonly pubsub: ResilientPubSub;
  readonly eastus: Emulator;
  readonly westus: Emulator;
  /** Of the client on eastus. */
  readonly id: string;
  /** What it has been sent, and what it was closed with. */
  readonly heard: string[];
  readonly post: (event: EventRequest, from: Emulator) => Promise<number>;
  /** An event with a valid signature of westus about the client, which is on eastus. */
  readonly lie: (event?: EventRequest) => Promise<void>;
}

/** One client, on eastus; whoever knows the key of westus says that it is there. */
async function setUp({ accessKey }: { accessKey?: string } = {}): Promise<Scene> {
  const eastus = closeAfterTest(await startEmulator({ ...(accessKey && { accessKey }) }));
  const westus = closeAfterTest(await startEmulator({ ...(accessKey && { accessKey }) }));
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        { name: "eastus", role: "primary", connectionString: eastus.connectionString },
        { name: "westus", role: "secondary", connectionString: westus.connectionString },
      ],
      negotiate: { allowAnonymous: true },
    }),
  );
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  await pubsub.ready();
  const options = { allowInsecureConnection: true };
  const service = new WebPubSubServiceClient(eastus.connectionString, "chat", options);
  const roles = ["webpubsub.joinLeaveGroup.g"];
  const token = await service.getClientAccessToken({ userId: "mallory", roles, groups: ["g"] });
  const socket = closeAfterTest(new WebSocket(token.url, "json.webpubsub.azure.v1"));
  const [greeting] = await once(socket, "message");
  const { connectionId: id } = JSON.parse(String(greeting));
  const heard: string[] = [];
  socket.on("message", (frame) => {
    const { type, data } = JSON.parse(String(frame));
    if (type === "message") heard.push(data);
  });
  socket.on("close", () => heard.push("closed"));
  const post = async (event: EventRequest, from: Emulator) =>
    (await fetchAnswer(url + PATH, eventRequest(from, { connectionId: id, ...event }))).status;
  const lie = async (event: EventRequest = {}) => {
    expect(await post(event, westus)).toBeLessThan(300);
  };
  return { pubsub, eastus, westus, id, heard, post, lie };
}

const system = (name: string): EventRequest => ({
  type: `sys.${name}`,
  contentType: "application/json",
  body: "{}",
});

/** What is known of the connection when it matters. */
const histories: [string, (scene: Scene) => Promise<unknown>][] = [
  ["a stranger speaks first", ({ lie }) => lie()],
  [
    "a stranger speaks after its own endpoint",
    async ({ post, eastus, lie }) => {
      await post(system("connected"), eastus);
      await lie();
    },
  ],
  [
    "a stranger speaks before its own endpoint",
    async ({ post, eastus, lie }) => {
      await lie();
      await post(system("connected"), eastus);
    },
  ],
  [
    "a stranger contradicts what the service has answered",
    async ({ pubsub, id, lie }) => {
      await pubsub.connectionExists(id);
      await lie();
    },
  ],
  [
    "a stranger says that it has gone, and then that it has come",
    async ({ pubsub, id, post, eastus, lie }) => {
      await post(system("connected"), eastus);
      await pubsub.sendToConnection(id, "before", { contentType: "text/plain" });
      await lie(system("disconnected"));
      await lie();
    },
  ],
  [
    "a stranger speaks of it in many voices",
    async ({ lie }) => {
      await lie(system("connected"));
      await lie({ ...system("connected"), type: "gp.joined", body: '{"group":"g"}' });
      await lie({ headers: { "ce-userId": "mallory" } });
    },
  ],
];

/** Done to the connection, and how one sees that it was. */
const commands: [
  string,
  (scene: Scene) => Promise<unknown>,
  (scene: Scene) => boolean | Promise<boolean>,
][] = [
  [
    "sendToConnection",
    ({ pubsub, id }) => pubsub.sendToConnection(id, "hi", { contentType: "text/plain" }),
    ({ heard }) => heard.includes("hi"),
  ],
  [
    'closeConnection with require: "all"',
    ({ pubsub, id }) => pubsub.closeConnection(id, { reason: "banned", require: "all" }),
    ({ heard }) => heard.includes("closed"),
  ],
  [
    "revokePermission",
    ({ pubsub, id }) => pubsub.revokePermission(id, "joinLeaveGroup", { targetName: "g" }),
    async ({ pubsub, id }) =>
      !(await pubsub.hasPermission(id, "joinLeaveGroup", { targetName: "g" })),
  ],
  [
    "grantPermission",
    ({ pubsub, id }) => pubsub.grantPermission(id, "sendToGroup", { targetName: "g" }),
    ({ pubsub, id }) => pubsub.hasPermission(id, "sendToGroup", { targetName: "g" }),
  ],
  [
    "removeConnectionFromAllGroups",
    ({ pubsub, id }) => pubsub.removeConnectionFromAllGroups(id),
    async ({ pubsub }) => !(await pubsub.groupExists("g")),
  ],
  [
    "group.addConnection",
    ({ pubsub, id }) => pubsub.group("new").addConnection(id),
    ({ pubsub }) => pubsub.groupExists("new"),
  ],
];

describe.each(histories)(
  "an endpoint's key redirects no call about another's connection: %s,",
  (_, happen) => {
    it.each(commands)("and %s reaches it", async (_name, order, isDone) => {
      const scene = await setUp();
      await happen(scene);
      await order(scene);
      await until(() => isDone(scene));
    });

    it("and questions are answered by who has it", async () => {
      const { pubsub, id, ...scene } = await setUp();
      await happen({ pubsub, id, ...scene });
      expect(await pubsub.connectionExists(id)).toBe(true);
      expect(await pubsub.hasPermission(id, "joinLeaveGroup", { targetName: "g" })).toBe(true);
    });
  },
);

it.each<[string, Parameters<Emulator["inject"]>[0]]>([
  ["is silent", { kind: "blackhole", requestTypes: ["RESTAPI"] }],
  ["fails", { kind: "gray", status: 500 }],
  ["throttles", { kind: "throttle", retryAfterInSeconds: 60 }],
])("a call reaches its connection although the endpoint that claims it %s", async (_, fault) => {
  const scene = await setUp();
  await scene.lie();
  await scene.westus.inject(fault);
  const { pubsub, id, heard } = scene;
  await pubsub.closeConnection(id, { timeoutInMs: 2000 });
  await until(() => heard.includes("closed"));
  await scene.westus.clear();
});

it("where endpoints have the same key, the host of an event is no proof either", async () => {
  const scene = await setUp({ accessKey: "one-key-for-both-0123456789" });
  await scene.post(system("connected"), scene.eastus);
  await scene.lie();
  // Both at once: the signature is good for either.
  const origins = [scene.westus, scene.eastus].map(({ endpoint }) => new URL(endpoint).host);
  await scene.lie({ headers: { "WebHook-Request-Origin": origins.join(",") } });
  await scene.pubsub.closeConnection(scene.id, { require: "all" });
  await until(() => scene.heard.includes("closed"));
});

it("a flood of invented connections takes nothing from those that are known", async () => {
  const { pubsub, id, lie } = await setUp();
  await pubsub.connectionExists(id);
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => lie({ connectionId: `invented-${index}` })),
  );
  const report = await pubsub.sendToConnection(id, "hi");
  expect(report.skipped).toEqual([{ endpoint: "westus", reason: "other-endpoint" }]);
});
