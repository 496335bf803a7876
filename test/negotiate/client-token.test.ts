import type { KeyObject } from "node:crypto";
import {
  AzureKeyCredential,
  type GenerateClientTokenOptions,
  WebPubSubServiceClient,
} from "@azure/web-pubsub";
import jwt from "jsonwebtoken";
import { signedToken } from "../../src/negotiate/client-token.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";

describe("clients are told", () => {
  it.each<[string, string, string | undefined, string]>([
    ["the instance's host", "https://a.example", undefined, "wss://a.example/client/hubs/chat"],
    ["its port", "http://127.0.0.1:8080", undefined, "ws://127.0.0.1:8080/client/hubs/chat"],
    [
      "a front door by wss",
      "https://a.example",
      "wss://f.example",
      "wss://f.example/client/hubs/chat",
    ],
    ["a front door", "https://a.example", "https://f.example", "wss://f.example/client/hubs/chat"],
    [
      "a front door's default port",
      "https://a.example:8443",
      "https://f.example",
      "wss://f.example/client/hubs/chat",
    ],
    [
      "a front door's own port",
      "https://a.example",
      "http://localhost:9000",
      "ws://localhost:9000/client/hubs/chat",
    ],
  ])("%s", (_, url, clientEndpoint, expected) => {
    const connectionString = `Endpoint=${url};AccessKey=k`;
    const config = parseEndpoint({ name: "a", role: "primary", connectionString, clientEndpoint });
    const answer = new URL(signedToken(config, config.credential as KeyObject, "chat", {}, {}).url);
    expect(`${answer.origin === "null" ? "" : answer.origin}${answer.pathname}`).toBe(expected);
    const token = answer.searchParams.get("access_token") ?? "";
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims.aud).toBe(`${url}/client/hubs/chat`);
  });
});

describe("a token signed here is the one that the SDK would have signed", () => {
  afterEach(() => jest.restoreAllMocks());

  it.each<[string, GenerateClientTokenOptions]>([
    ["for nobody in particular", {}],
    ["for a user", { userId: "ada" }],
    ["for a user whose name is written in other letters", { userId: "Zoë 😀" }],
    ["for a user without a name", { userId: "" }],
    ["with roles", { roles: ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup.a b"] }],
    ["with no roles", { roles: [], groups: [] }],
    ["with groups", { userId: "ada", groups: ["news", "a/b"] }],
    ["for a minute", { expirationTimeInMinutes: 1 }],
    ["for a day", { expirationTimeInMinutes: 1440 }],
    ["for MQTT", { clientProtocol: "mqtt" }],
    ["for Socket.IO", { clientProtocol: "socketio", userId: "ada" }],
    ["for the default protocol, said aloud", { clientProtocol: "default" }],
  ])("%s", async (_, options) => {
    jest.spyOn(Date, "now").mockReturnValue(1_800_000_000_500);
    const url = "https://a.example";
    const key = "c2VjcmV0";
    const config = parseEndpoint({
      name: "a",
      role: "primary",
      connectionString: `Endpoint=${url};AccessKey=${key}`,
    });
    const ours = signedToken(config, config.credential as KeyObject, "chat", options, options);
    const client = new WebPubSubServiceClient(url, new AzureKeyCredential(key), "chat");
    const theirs = await client.getClientAccessToken(options);
    expect(jwt.decode(ours.token, { complete: true })).toEqual({
      ...jwt.decode(theirs.token, { complete: true }),
      signature: expect.any(String),
    });
    const { exp } = jwt.verify(ours.token, key) as { exp: number };
    expect(ours.expiresAt).toBe(exp);
    expect(ours.baseUrl).toBe(theirs.baseUrl);
    expect(ours.url).toBe(`${theirs.baseUrl}?access_token=${ours.token}`);
  });
});
