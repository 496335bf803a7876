import { getEventListeners } from "node:events";
import type { TokenCredential } from "@azure/core-auth";
import { type GenerateClientTokenOptions, WebPubSubServiceClient } from "@azure/web-pubsub";
import { type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import type { Emulator, Fault } from "express-resilient-pubsub/emulator";
import jwt from "jsonwebtoken";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { entraCredential } from "../support/entra-credential.ts";
import { startEntraRegions } from "../support/entra-regions.ts";
import { evidenceOf } from "../support/evidence.ts";
import { connectClient } from "../support/official-client.ts";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";
import { accessKeyOf } from "../support/upstream-request.ts";

afterEach(() => jest.restoreAllMocks());

type Overrides = Parameters<typeof startRegions>[0];

async function startReady(overrides: Overrides = {}) {
  const world = await startRegions({ health: { schedule: false }, ...overrides });
  await world.pubsub.ready();
  return world;
}

const claimsOf = (token: string) => jwt.decode(token) as jwt.JwtPayload;

/** By its health checks: while only calls have failed there, it is a last resort. */
async function untilDown(pubsub: ResilientPubSub, emulator: Emulator, name: string): Promise<void> {
  await emulator.inject({ kind: "crash" });
  await until(async () => {
    await pubsub.broadcast("hi").catch(() => {});
    return pubsub.endpoints.snapshot().find((one) => one.name === name)?.reason === "refused";
  });
}

describe("a token is of the endpoint that a negotiate would answer with:", () => {
  it("the primary, when all are well", async () => {
    const { pubsub, eastus } = await startReady();
    const host = eastus.endpoint.replace("http", "ws");
    const { token, baseUrl, url, endpoint, ...rest } = await pubsub.getClientAccessToken();
    expect({ baseUrl, endpoint }).toEqual({
      baseUrl: `${host}/client/hubs/chat`,
      endpoint: "eastus",
    });
    expect(url).toBe(`${baseUrl}?access_token=${token}`);
    expect(rest).toEqual({});
    expect(jwt.verify(token, accessKeyOf(eastus))).toMatchObject({
      aud: `${eastus.endpoint}/client/hubs/chat`,
    });
  });

  it("the primary at start, before the first health check", async () => {
    const { pubsub } = await startRegions();
    expect((await pubsub.getClientAccessToken()).endpoint).toBe("eastus");
  });

  it("the secondary, when the primary is down", async () => {
    const { pubsub, eastus } = await startReady();
    await untilDown(pubsub, eastus, "eastus");
    expect((await pubsub.getClientAccessToken()).endpoint).toBe("westus");
  });

  it("the secondary, when the primary is drained or the secondary forced", async () => {
    const { pubsub } = await startReady();
    pubsub.endpoints.drain("eastus");
    expect((await pubsub.getClientAccessToken()).endpoint).toBe("westus");
    pubsub.endpoints.undrain("eastus");
    pubsub.endpoints.forceFailover("westus");
    expect((await pubsub.getClientAccessToken()).endpoint).toBe("westus");
  });

  it("none, with ERR_NO_HEALTHY_ENDPOINT, when all are down", async () => {
    const { pubsub, eastus, westus } = await startReady();
    await untilDown(pubsub, eastus, "eastus");
    await untilDown(pubsub, westus, "westus");
    await expect(pubsub.getClientAccessToken()).rejects.toMatchObject({
      name: "ResilientPubSubError",
      code: "ERR_NO_HEALTHY_ENDPOINT",
      message: expect.stringContaining("endpoints.snapshot()"),
    });
  });

  it("without a request, of which the application's router could be asked", async () => {
    const router = jest.fn(() => "westus");
    const { pubsub, negotiate } = await startReady({ router });
    expect((await pubsub.getClientAccessToken()).endpoint).toBe("eastus");
    expect(router).not.toHaveBeenCalled();
    expect((await negotiate()).body.endpoint).toBe("westus");
  });
});

describe("a token says", () => {
  it.each<[string, GenerateClientTokenOptions]>([
    ["nothing of nobody", {}],
    ["who it is", { userId: "ünï" }],
    [
      "what it may",
      { userId: "ada", roles: ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"] },
    ],
    ["no roles when there are none", { roles: [] }],
    ["which groups it is in", { groups: ["news", "ünï"] }],
    ["how long it lasts", { expirationTimeInMinutes: 5 }],
    ["that it lasts for long", { expirationTimeInMinutes: 100_000 }],
    ["another kind of client, by MQTT", { clientProtocol: "mqtt" }],
    ["another kind of client, by Socket.IO", { clientProtocol: "socketio", userId: "ada" }],
    ["the usual kind of client", { clientProtocol: "default" }],
  ])("the same as the SDK's: %s", async (_, options) => {
    const { pubsub, eastus } = await startReady();
    const sdk = new WebPubSubServiceClient(eastus.connectionString, "chat", {
      allowInsecureConnection: true,
    });
    const ours = await pubsub.getClientAccessToken(options);
    const theirs = await sdk.getClientAccessToken(options);
    expect(ours.baseUrl).toBe(theirs.baseUrl);
    const { iat = 0, exp = 0, ...claims } = claimsOf(ours.token);
    const { iat: theirIat = 0, exp: theirExp = 0, ...theirClaims } = claimsOf(theirs.token);
    expect(claims).toEqual(theirClaims);
    expect(exp - iat).toBe(theirExp - theirIat);
  });

  it("that the client is displaced, when failback closes connections", async () => {
    const { pubsub } = await startReady({ failback: { close: { connectionsPerSecond: 1 } } });
    const groupsAt = async (name: string) => {
      pubsub.endpoints.forceFailover(name);
      const { token, endpoint } = await pubsub.getClientAccessToken({ groups: ["news"] });
      expect(endpoint).toBe(name);
      return claimsOf(token)["webpubsub.group"];
    };
    expect(await groupsAt("eastus")).toEqual(["news"]);
    expect(await groupsAt("westus")).toEqual(["news", "resilient-pubsub.displaced-from.eastus"]);
  });

  it("nothing of displaced clients when failback closes none", async () => {
    const { pubsub } = await startReady();
    pubsub.endpoints.forceFailover("westus");
    const { token } = await pubsub.getClientAccessToken({ userId: "ada" });
    expect(claimsOf(token)).not.toHaveProperty("webpubsub.group");
  });

  it("what its options say, which are left as they were", async () => {
    const { pubsub } = await startReady({ failback: { close: { connectionsPerSecond: 1 } } });
    pubsub.endpoints.forceFailover("westus");
    const options = Object.freeze({ userId: "ada", groups: Object.freeze(["news"]) as string[] });
    await pubsub.getClientAccessToken(options);
    expect(options).toEqual({ userId: "ada", groups: ["news"] });
  });
});

it("Microsoft's own client connects with a token, in its groups and with its roles", async () => {
  const { pubsub } = await startReady();
  const { url } = await pubsub.getClientAccessToken({
    userId: "ada",
    groups: ["news"],
    roles: ["webpubsub.joinLeaveGroup"],
  });
  const { client, received } = await connectClient(url);
  client.on("group-message", ({ message }) => void received.push(message.data));
  await client.joinGroup("more");
  await pubsub.group("news").sendToAll("1");
  await pubsub.sendToUser("ada", "2");
  await until(() => received.length === 2);
  expect(await pubsub.group("more").listConnections().next()).toMatchObject({
    value: { userId: "ada", endpoint: "eastus" },
  });
});

describe("a front door that clients come through is in both URLs, and not in the token:", () => {
  it.each([
    ["https://front.example", "wss://front.example"],
    ["wss://front.example:8443", "wss://front.example:8443"],
    ["http://localhost:9000", "ws://localhost:9000"],
  ])("%s", async (clientEndpoint, expected) => {
    const { connectionString, endpoint } = closeAfterTest(await startEmulator());
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [{ name: "eastus", role: "primary", connectionString, clientEndpoint }],
        negotiate: { allowAnonymous: true },
      }),
    );
    const { token, baseUrl, url } = await pubsub.getClientAccessToken();
    expect(baseUrl).toBe(`${expected}/client/hubs/chat`);
    expect(url).toBe(`${expected}/client/hubs/chat?access_token=${token}`);
    expect(claimsOf(token).aud).toBe(`${endpoint}/client/hubs/chat`);
  });
});

describe("when the service issues the tokens of the primary,", () => {
  const entra = entraCredential();

  async function startEntra(...given: Parameters<typeof startEntraRegions>) {
    const { east, pubsub } = await startEntraRegions(...given);
    const failed: string[] = [];
    pubsub.events.on("tokenFailed", ({ endpoint }) => void failed.push(endpoint));
    await pubsub.ready();
    return { east, pubsub, failed };
  }

  it("they have the user and the lifetime that were asked for", async () => {
    const { pubsub, east, failed } = await startEntra();
    const options = { userId: "ada", groups: ["news"], expirationTimeInMinutes: 5 };
    const { token, url, endpoint } = await pubsub.getClientAccessToken(options);
    expect(endpoint).toBe("east");
    expect(url).toBe(
      `${east.endpoint.replace("https", "wss")}/client/hubs/chat?access_token=${token}`,
    );
    const { iat = 0, exp = 0, sub } = claimsOf(token);
    expect({ sub, lifetime: exp - iat }).toEqual({ sub: "ada", lifetime: 300 });
    expect(failed).toEqual([]);
  });

  it("the front door is in their URLs", async () => {
    const { pubsub } = await startEntra({ clientEndpoint: "https://front.example" });
    const { token, baseUrl, url } = await pubsub.getClientAccessToken();
    expect(baseUrl).toBe("wss://front.example/client/hubs/chat");
    expect(url).toBe(`wss://front.example/client/hubs/chat?access_token=${token}`);
  });

  it.each<[string, Fault]>([
    ["does not answer", { kind: "blackhole", requestTypes: ["RESTAPI"] }],
    ["fails", { kind: "gray" }],
    ["is throttled", { kind: "throttle" }],
    ["refuses", { kind: "accessDenied" }],
  ])("the next endpoint is tried when it %s", async (_, fault) => {
    const { pubsub, east, failed } = await startEntra();
    await east.inject(fault);
    expect((await pubsub.getClientAccessToken({ timeoutInMs: 100 })).endpoint).toBe("west");
    expect(failed).toEqual(["east"]);
  });

  it.each<[string, TokenCredential]>([
    ["fails", { getToken: () => Promise.reject(new Error("no managed identity here")) }],
    [
      "throws",
      {
        getToken: () => {
          throw new Error("no managed identity here");
        },
      },
    ],
    ["gives nothing", { getToken: async () => null }],
    ["never answers", { getToken: () => new Promise(() => {}) }],
  ])("the next endpoint is tried when the credential %s", async (_, broken) => {
    let isBroken = false;
    const credential: TokenCredential = {
      getToken: (...args) => (isBroken ? broken : { getToken: shortLived }).getToken(...args),
    };
    const { pubsub, failed } = await startEntra({ credential });
    isBroken = true;
    expect((await pubsub.getClientAccessToken({ timeoutInMs: 100 })).endpoint).toBe("west");
    expect(failed).toEqual(["east"]);
  });

  /** A token that is never reused. */
  const shortLived: TokenCredential["getToken"] = async (...args) => {
    const token = await entra.getToken(...args);
    return token && { ...token, expiresOnTimestamp: Date.now() };
  };

  it("the caller's signal ends the wait with its reason, and is no evidence", async () => {
    const { pubsub, east, failed } = await startEntra();
    await east.inject({ kind: "blackhole", requestTypes: ["RESTAPI"] });
    const before = evidenceOf(pubsub);
    const controller = new AbortController();
    const reason = Object.assign(new Error("enough"), { code: "ECONNRESET" });
    const asking = pubsub.getClientAccessToken({
      timeoutInMs: 60_000,
      abortSignal: controller.signal,
    });
    setTimeout(() => controller.abort(reason), 50);
    await expect(asking).rejects.toBe(reason);
    expect(failed).toEqual([]);
    expect(evidenceOf(pubsub)).toEqual(before);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("close() waits for one that is under way", async () => {
    const { pubsub, east } = await startEntra();
    await east.inject({ kind: "latency", delayInMs: 100 });
    const asking = pubsub.getClientAccessToken();
    await pubsub.close();
    expect((await asking).endpoint).toBe("east");
  });
});

it("a token is not made when the caller's signal has ended already", async () => {
  const { pubsub } = await startReady();
  const reason = new Error("enough");
  const abortSignal = AbortSignal.abort(reason);
  await expect(pubsub.getClientAccessToken({ abortSignal })).rejects.toBe(reason);
});

it("tokens without a negotiate are not counted by its rate limit", async () => {
  const { pubsub } = await startReady({
    negotiate: { allowAnonymous: true, maxPerSecond: 1 },
  });
  for (let count = 0; count < 20; count += 1) await pubsub.getClientAccessToken();
});
