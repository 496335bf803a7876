import {
  InvocationError as OfficialInvocationError,
  SendMessageError as OfficialSendMessageError,
  WebPubSubClient,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
} from "@azure/web-pubsub-client";
import {
  InvocationError,
  ResilientPubSubClient,
  SendMessageError,
} from "express-resilient-pubsub/client";
import type { Emulator } from "express-resilient-pubsub/emulator";
import type { AppServer } from "../emulator/support/app-server.ts";
import { apiVersion, callRest } from "../emulator/support/rest.ts";
import { createScene } from "../emulator/support/scene.ts";
import { clientUrl } from "../emulator/support/tokens.ts";
import { until } from "../support/until.ts";
import { withoutDelays } from "./support/make-client.ts";

/*
 * The same scenario against the same emulator, once with the official client and once with ours;
 * whatever can be observed must be the same.
 */

const scene = createScene();

/** What both clients have. */
type Either = Pick<
  WebPubSubClient,
  "start" | "stop" | "on" | "joinGroup" | "leaveGroup" | "sendToGroup" | "sendEvent" | "invokeEvent"
>;

interface Play {
  readonly client: Either;
  readonly emulator: Emulator;
  readonly appServer: AppServer;
  /** What the client has told so far: names of events with their arguments. */
  readonly seen: [string, Record<string, unknown>][];
  rest(path: string, contentType: string, body: string | Buffer): Promise<void>;
}

const protocols = {
  "json.webpubsub.azure.v1": WebPubSubJsonProtocol,
  "json.reliable.webpubsub.azure.v1": WebPubSubJsonReliableProtocol,
} as const;
type ProtocolName = keyof typeof protocols;

function makeOfficial(url: string, protocol: ProtocolName): Either {
  return new WebPubSubClient(url, {
    protocol: protocols[protocol](),
    autoReconnect: false,
    keepAliveIntervalInMs: 0,
    keepAliveTimeoutInMs: 0,
    messageRetryOptions: { maxRetries: 0 },
  });
}

const makeOurs = (url: string, protocol: ProtocolName): Either =>
  new ResilientPubSubClient(() => ({ url, endpoint: "east" }), { ...withoutDelays, protocol });

const EVENTS = [
  "connected",
  "disconnected",
  "stopped",
  "server-message",
  "group-message",
  "rejoin-group-failed",
] as const;

async function startPlay(make: typeof makeOurs, protocol: ProtocolName): Promise<Play> {
  const { appServer, emulator } = await scene.withAppServer();
  const roles = ["webpubsub.joinLeaveGroup.open", "webpubsub.sendToGroup.open"];
  const client = make(clientUrl(emulator, "chat", { userId: "ada", roles }), protocol);
  scene.defer(() => client.stop());
  const seen: Play["seen"] = [];
  for (const name of EVENTS) {
    client.on(name as "connected", (args) => void seen.push([name, args as never]));
  }
  const rest: Play["rest"] = async (path, contentType, body) => {
    const { status } = await callRest(emulator, {
      method: "POST",
      path: `/api/hubs/chat/${path}?${apiVersion}`,
      headers: { "Content-Type": contentType },
      body,
    });
    expect(status).toBe(202);
  };
  return { client, emulator, appServer, seen, rest };
}

/** How a call came out, with what is promised of results and errors. */
const outcome = (call: Promise<object>): Promise<object> =>
  call.then(
    (result) => ({ result: { ...result, data: describeData(result) } }),
    (error) => ({
      name: error.name,
      isKnown: [OfficialSendMessageError, SendMessageError].some((type) => error instanceof type),
      isInvocation: [OfficialInvocationError, InvocationError].some((t) => error instanceof t),
      ackId: error.ackId,
      invocationId: error.invocationId,
      errorDetail: error.errorDetail,
    }),
  );

function describeData(holder: object): unknown {
  const { data } = holder as { data?: unknown };
  return data instanceof ArrayBuffer ? { bytes: [...new Uint8Array(data)] } : data;
}

const heard = ({ seen }: Play, count: number) =>
  until(() => seen.filter(([name]) => name.endsWith("-message")).length >= count);

const scenarios: Record<string, (play: Play) => Promise<unknown>> = {
  "messages of the server, of every type": async (play) => {
    await play.rest(":send", "text/plain", "text ä");
    await play.rest(":send", "application/json", '{"a":[1,"x",null],"b":false}');
    await play.rest(":send", "application/json", "0");
    await play.rest("users/ada/:send", "application/octet-stream", Buffer.from([0, 1, 255]));
    return heard(play, 4);
  },
  "messages to a group, by others and by oneself": async (play) => {
    await play.client.joinGroup("open");
    await play.rest("groups/open/:send", "application/json", '{"from":"rest"}');
    await heard(play, 1);
    const bytes = new Uint8Array([9, 8]).buffer;
    const results = [
      await outcome(play.client.sendToGroup("open", "text", "text")),
      await outcome(play.client.sendToGroup("open", { a: 1 }, "json")),
      await outcome(play.client.sendToGroup("open", bytes, "binary")),
      await outcome(play.client.sendToGroup("open", "to others", "text", { noEcho: true })),
      await outcome(play.client.sendToGroup("open", "?", "text", { fireAndForget: true })),
    ];
    await heard(play, 5);
    await outcome(play.client.leaveGroup("open"));
    await play.client.sendToGroup("open", "not heard", "text");
    return results;
  },
  "acks of every kind": async ({ client }) => [
    await outcome(client.joinGroup("open", { ackId: 7 })),
    await outcome(client.joinGroup("open", { ackId: 7 })),
    await outcome(client.leaveGroup("open", { ackId: 8 })),
    await outcome(client.joinGroup("closed", { ackId: 9 })),
    await outcome(client.sendToGroup("closed", 1, "json", { ackId: 10 })),
    await outcome(client.sendEvent("e", "x", "text", { ackId: 11 })),
  ],
  "an event that the app server refuses": async ({ client, appServer }) => {
    appServer.answer = () => ({ status: 500 });
    return outcome(client.sendEvent("e", "x", "text", { ackId: 1 }));
  },
  "what the app server gets, and answers": async (play) => {
    const { client, appServer } = play;
    await appServer.nextEvents(2);
    appServer.answer = ({ headers, bytes }) => ({
      headers: { "Content-Type": String(headers["content-type"]) },
      body: bytes,
    });
    await client.sendEvent("one", "text", "text");
    await client.sendEvent("two", { a: 1 }, "json");
    await client.sendEvent("three", new Uint8Array([1, 2]).buffer, "binary");
    await heard(play, 3);
    const calls = await appServer.nextEvents(3);
    return calls.map(({ event, body, headers }) => [event, body, headers["content-type"]]);
  },
  invocations: async ({ client, appServer }) => {
    appServer.answer = ({ headers, bytes, event }) =>
      event === "user.fail"
        ? { status: 400, body: "no" }
        : { headers: { "Content-Type": String(headers["content-type"]) }, body: bytes };
    const bytes = new Uint8Array([1, 2]).buffer;
    return [
      await outcome(client.invokeEvent("e", "text", "text", { invocationId: "a" })),
      await outcome(client.invokeEvent("e", { a: 1 }, "json", { invocationId: "b" })),
      await outcome(client.invokeEvent("e", bytes, "binary", { invocationId: "c" })),
      await outcome(client.invokeEvent("fail", 1, "json", { invocationId: "d" })),
    ];
  },
  "an end that the server gives reasons for": async ({ client, emulator, seen }) => {
    // Ours would come back; a stop in time makes an end of both.
    client.on("disconnected", () => client.stop());
    const path = `/api/hubs/chat/:closeConnections?reason=tired&${apiVersion}`;
    await callRest(emulator, { method: "POST", path });
    await until(() => seen.some(([name]) => name === "stopped"));
  },
  "a stop": async ({ client, seen }) => {
    client.stop();
    await until(() => seen.some(([name]) => name === "stopped"));
  },
};

/** The members that the types promise, and what is in them; ids are different each time. */
function describeEvent([name, args]: Play["seen"][number]): object {
  const { connectionId, userId, group, message } = args as Record<string, Record<string, unknown>>;
  const { kind, dataType, sequenceId, fromUserId, group: of, message: text } = message ?? {};
  return {
    name,
    hasId: typeof connectionId === "string",
    userId,
    group,
    message: message && {
      kind,
      dataType,
      data: describeData(message),
      sequenceId,
      group: of,
      fromUserId,
      text,
    },
  };
}

async function perform(make: typeof makeOurs, name: string, protocol: ProtocolName) {
  const play = await startPlay(make, protocol);
  await play.client.start();
  const result = await scenarios[name]?.(play);
  return { result, events: play.seen.map(describeEvent) };
}

describe.each(Object.keys(protocols) as ProtocolName[])(
  "with %s, both clients agree on",
  (protocol) => {
    it.each(Object.keys(scenarios))("%s", async (name) => {
      const theirs = await perform(makeOfficial, name, protocol);
      const ours = await perform(makeOurs, name, protocol);
      expect(ours).toEqual(theirs);
      expect(ours.events.length).toBeGreaterThan(0);
    });
  },
);
