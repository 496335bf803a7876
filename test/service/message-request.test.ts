import type { Socket } from "node:net";
import {
  AzureKeyCredential,
  type HubSendToAllOptions,
  WebPubSubServiceClient,
} from "@azure/web-pubsub";
import fc from "fast-check";
import jwt from "jsonwebtoken";
import { encodeMessage } from "../../src/fan-out/message.ts";
import { Deadline } from "../../src/kit/deadline.ts";
import type { EncodedBody } from "../../src/service/encoded-body.ts";
import { type MessageTarget, messageRequest } from "../../src/service/message-request.ts";
import { startRawService } from "../support/raw-service.ts";
import { runs } from "../support/runs.ts";
import { endpointAt, key, startTcp } from "./support/pool.ts";

jest.setTimeout(30_000);

const ALL: MessageTarget = { kind: "hub" };
const json = encodeMessage({ text: "hi" }, undefined) as EncodedBody;

/** A service that accepts messages and keeps the bytes of their requests; one at a time. */
async function startRecorder() {
  let bytes = "";
  const record = (socket: Socket): void => {
    let current = "";
    socket.on("data", (chunk) => {
      current += chunk.toString("latin1");
      const [head = "", body] = current.split("\r\n\r\n", 2);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      if (body === undefined || body.length < length) return;
      bytes = current;
      current = "";
      socket.write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    });
  };
  const url = await startTcp(record);
  return { url, take: () => comparable(bytes) };
}

/** What is different each time is replaced: ids by their form, tokens by what they are good for. */
function comparable(bytes: string): string {
  return bytes
    .replace(/(x-ms-client-request-id: )[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\r/, "$1ID\r")
    .replace(/Bearer (\S+)/, (_, token) => String((jwt.verify(token, key) as jwt.JwtPayload).aud));
}

type Case = [MessageTarget, EncodedBody, HubSendToAllOptions];

/** Sends it both ways, and returns the bytes of both. */
async function bothWays([target, body, options]: Case, hub = "chat") {
  const { url, take } = await startRecorder();
  const endpoint = endpointAt(url, {}, 1);
  const { client } = endpoint;
  if (target.kind === "group") await client.group(target.group).sendToAll(body, options);
  else if (target.kind === "user") await client.sendToUser(target.userId, body, options);
  else await client.sendToAll(body, options);
  const theirs = take();
  const message = messageRequest(hub, target, body, options);
  if (message === undefined) return { theirs, ours: undefined };
  const deadline = new Deadline(5000);
  await endpoint.sendMessage(message, deadline);
  deadline.end();
  return { theirs, ours: take() };
}

const metadata = (customHeaders: Record<string, string>): HubSendToAllOptions => ({
  requestOptions: { customHeaders },
});

it.each<[string, Case]>([
  ["to everybody", [ALL, json, {}]],
  ["to a group", [{ kind: "group", group: "news" }, json, {}]],
  ["to a user", [{ kind: "user", userId: "ada" }, json, {}]],
  ["to a group whose name has to be encoded", [{ kind: "group", group: "a/b ü'?#%&+" }, json, {}]],
  ["to a user whose id has to be encoded", [{ kind: "user", userId: "ada@x.y/'(1)!*~" }, json, {}]],
  ["to a group that is called like a placeholder", [{ kind: "group", group: "{hub}" }, json, {}]],
  ["of text", [ALL, encodeMessage("ünï\r\n", "text/plain") as EncodedBody, {}]],
  [
    "of bytes",
    [ALL, encodeMessage(new Uint8Array([0, 255, 13, 10]), undefined) as EncodedBody, {}],
  ],
  ["of no text", [ALL, encodeMessage("", "text/plain") as EncodedBody, {}]],
  ["with a filter", [ALL, json, { filter: "userId eq 'ü' and not ('a+b' in groups)" }]],
  ["with an empty filter", [ALL, json, { filter: "" }]],
  ["with a connection left out", [ALL, json, { excludedConnections: ["c1"] }]],
  ["with several left out, one twice", [ALL, json, { excludedConnections: ["a&b", "c'", "c'"] }]],
  [
    "to a user, without a connection of it",
    [{ kind: "user", userId: "ada" }, json, { excludedConnections: ["c1"] }],
  ],
  ["with nobody left out", [ALL, json, { excludedConnections: [] }]],
  ["with a time to live", [ALL, json, { messageTtlSeconds: 60 }]],
  ["with none", [ALL, json, { messageTtlSeconds: 0 }]],
  [
    "with metadata",
    [ALL, json, metadata({ "X-WebPubSub-Metadata-P": "e:1", "x-webpubsub-metadata-q": " 2 " })],
  ],
  [
    "with everything",
    [
      { kind: "group", group: "g" },
      json,
      {
        filter: "1 eq 1",
        excludedConnections: ["x", "y"],
        messageTtlSeconds: 300,
        ...metadata({ "X-WebPubSub-Metadata-P": "e:2" }),
      },
    ],
  ],
])("a message %s is, byte by byte, what the SDK sends", async (_, sent) => {
  const { ours, theirs } = await bothWays(sent);
  expect(theirs).toMatch(/^POST \/api\/hubs\/chat\//);
  expect(ours).toBe(theirs);
});

it("any name, filter and list is, byte by byte, what the SDK sends", async () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
  const name = text.filter((one) => !/^\s+$|^\.\.?$|[\n\r\u2028\u2029]/u.test(one));
  const target = fc.oneof(
    fc.constant(ALL),
    fc.record({ kind: fc.constant("group" as const), group: name }),
    fc.record({ kind: fc.constant("user" as const), userId: name }),
  );
  const options = fc.record(
    {
      filter: text,
      excludedConnections: fc.array(text, { maxLength: 3 }),
      messageTtlSeconds: fc.nat(300),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(target, options, async (to, given) => {
      const { ours, theirs } = await bothWays([to, json, given]);
      expect(ours).toBe(theirs);
    }),
    runs(40),
  );
});

it.each<[string, object]>([
  ["an `onResponse`", { onResponse: () => {} }],
  ["a timeout for the SDK", { requestOptions: { timeout: 5 } }],
  ["a header of the caller's", metadata({ "x-mine": "1" })],
  ["options for traces", { tracingOptions: {} }],
  ["something unknown", { somethingNew: 1 }],
  ["a filter that no URL can hold", { filter: "\ud800" }],
])("a message with %s is left to the SDK", (_, options) => {
  expect(messageRequest("chat", ALL, json, options)).toBeUndefined();
});

/** What the SDK sends when it is used as its documentation says. */
async function bySdk(send: (client: WebPubSubServiceClient) => Promise<void>) {
  const service = await startRawService();
  const client = new WebPubSubServiceClient(service.url, new AzureKeyCredential(key), "chat", {
    allowInsecureConnection: true,
  });
  await send(client);
  const [{ method, url, headers, body } = { method: "", url: "", headers: {}, body: Buffer.of() }] =
    service.requests;
  const type = headers["content-type"];
  return { method, url, type, accept: headers.accept, body: body.toString("latin1") };
}

it.each<[string, unknown, "text/plain" | undefined, MessageTarget]>([
  ["an object", { a: "ü" }, undefined, ALL],
  ["a string", "hi", undefined, { kind: "group", group: "g" }],
  ["text", "hi", "text/plain", { kind: "user", userId: "u" }],
  ["bytes", new Uint8Array([1, 2, 255]), undefined, ALL],
])("%s is sent as by the SDK on its own", async (_, message, contentType, target) => {
  const options = { filter: "userId ne 'x'", ...(contentType && { contentType }) } as const;
  const theirs = await bySdk((client) => {
    const given = message as object;
    if (target.kind === "group")
      return client.group(target.group).sendToAll(given, options as object);
    if (target.kind === "user") return client.sendToUser(target.userId, given, options as object);
    return client.sendToAll(given, options as object);
  });
  const body = encodeMessage(message, contentType) as EncodedBody;
  const ours = messageRequest("chat", target, body, { filter: options.filter });
  const [, type, , accept] = ours?.headers ?? [];
  const text = Buffer.from(body).toString("latin1");
  expect({ method: "POST", url: ours?.path, type, accept, body: text }).toEqual(theirs);
});
