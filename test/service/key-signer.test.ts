import { createSecretKey } from "node:crypto";
import { createHttpHeaders } from "@azure/core-rest-pipeline";
import { AzureKeyCredential, WebPubSubServiceClient } from "@azure/web-pubsub";
import { startEmulator } from "express-resilient-pubsub/emulator";
import jwt from "jsonwebtoken";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";
import { KeySigner } from "../../src/service/key-signer.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { accept, startRawService } from "../support/raw-service.ts";
import { accessKeyOf } from "../support/upstream-request.ts";

afterEach(() => void jest.useRealTimers());

const keyText = "c2VjcmV0+/==";
const url = "https://a.example/api/hubs/chat/:send?api-version=2024-12-01";

/** Signs requests to these URLs, one after the other, and returns their tokens. */
function signer(text = keyText) {
  const signing = new KeySigner(createSecretKey(text, "utf8"));
  return (to: string): string => {
    const authorization = signing.sign(to);
    expect(authorization).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
    return authorization.slice("Bearer ".length);
  };
}

const startClock = (): void =>
  void jest.useFakeTimers({ doNotFake: ["performance", "setTimeout", "setImmediate", "nextTick"] });

describe("a token", () => {
  it("says the very same as the one that the SDK would sign", async () => {
    startClock();
    const theirs: string[] = [];
    const client = new WebPubSubServiceClient(
      "https://a.example",
      new AzureKeyCredential(keyText),
      "chat",
      {
        httpClient: {
          sendRequest: async (request) => {
            theirs.push(request.url, request.headers.get("Authorization") ?? "");
            return { request, status: 202, headers: createHttpHeaders() };
          },
        },
      },
    );
    await client.sendToAll("hi", { filter: "userId eq 'ünï'" });
    const [theirUrl = "", theirToken] = theirs;
    const ours = signer()(theirUrl);
    const decode = (token = "") => jwt.decode(token.replace("Bearer ", ""), { complete: true });
    expect(decode(ours)?.header).toEqual(decode(theirToken)?.header);
    expect(decode(ours)?.payload).toEqual(decode(theirToken)?.payload);
  });

  it("is good for the URL alone, for an hour, by its key", async () => {
    const token = signer()(url);
    const options = { audience: url, algorithms: ["HS256" as const] };
    const claims = jwt.verify(token, keyText, options) as jwt.JwtPayload;
    expect(Object.keys(claims).sort()).toEqual(["aud", "exp", "iat"]);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600);
    expect(Math.abs((claims.iat ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    expect(() => jwt.verify(token, "another", options)).toThrow("invalid signature");
    expect(() => jwt.verify(token, keyText, { ...options, audience: `${url}x` })).toThrow(
      "audience",
    );
  });

  it.each(["k", "ünï", "a".repeat(500), "Zm9v+/8="])(
    "is verified by the key %.20s",
    async (text) => {
      expect(jwt.verify(signer(text)(url), text)).toMatchObject({ aud: url });
    },
  );

  it("is taken by the emulator, for each path and query that it is signed for", async () => {
    const emulator = closeAfterTest(await startEmulator());
    const sign = signer(accessKeyOf(emulator));
    const pathOf = (user: string) =>
      `${emulator.endpoint}/api/hubs/chat/users/${user}?api-version=2024-12-01`;
    const ask = async (user: string, token: string) =>
      (await fetch(pathOf(user), { method: "HEAD", headers: { authorization: `Bearer ${token}` } }))
        .status;
    expect(await ask("ada", sign(pathOf("ada")))).toBe(404);
    expect(await ask("%C3%BC%2F", sign(pathOf("%C3%BC%2F")))).toBe(404);
    expect(await ask("bob", sign(pathOf("ada")))).toBe(401);
    expect(await ask("ada", signer("guess")(pathOf("ada")))).toBe(401);
  });
});

describe("a token that was signed is used", () => {
  const minutes = (count: number): number => count * 60_000;

  it.each<[string, number, boolean]>([
    ["again at once", 0, true],
    ["again within half of its hour", minutes(30) - 1, true],
    ["no more after that", minutes(30), false],
    ["no more after its hour", minutes(61), false],
    ["no more when the clock was set back, by however little", -2000, false],
    ["no more when the clock was set back by a day", -minutes(24 * 60), false],
  ])("%s", async (_, elapsedInMs, isSame) => {
    startClock();
    const sign = signer();
    const first = sign(url);
    jest.setSystemTime(Date.now() + elapsedInMs);
    const second = sign(url);
    expect(second === first).toBe(isSame);
    const { exp = 0, iat = 0 } = jwt.decode(second) as jwt.JwtPayload;
    expect(exp * 1000 - Date.now()).toBeGreaterThan(minutes(30) - 1000);
    expect(iat * 1000).toBeLessThanOrEqual(Date.now());
  });

  it("no more than half an hour after it was signed, however often", async () => {
    startClock();
    const sign = signer();
    const tokens = new Set<string>();
    for (let minute = 0; minute < 90; minute += 1) {
      tokens.add(sign(url));
      jest.setSystemTime(Date.now() + minutes(1));
    }
    expect(tokens.size).toBe(3);
  });

  it("for no other URL", async () => {
    const sign = signer();
    const first = sign(url);
    for (const other of [`${url}&x=1`, url.replace("https", "http"), url.toUpperCase()]) {
      const token = sign(other);
      expect(token).not.toBe(first);
      expect(jwt.decode(token)).toMatchObject({ aud: other });
    }
    expect(sign(url)).toBe(first);
  });
});

it("the last 256 signed tokens are remembered, and no more", async () => {
  startClock();
  const sign = signer();
  const tokens: string[] = [];
  for (let count = 0; count < 257; count += 1) tokens.push(sign(`${url}&n=${count}`));
  // A second later a new one is another one.
  jest.setSystemTime(Date.now() + 1000);
  expect(sign(`${url}&n=1`)).toBe(tokens[1]);
  expect(sign(`${url}&n=256`)).toBe(tokens[256]);
  expect(sign(`${url}&n=0`)).not.toBe(tokens[0]);
  // That one has taken the place of the one that was signed first.
  expect(sign(`${url}&n=2`)).toBe(tokens[2]);
  expect(sign(`${url}&n=1`)).not.toBe(tokens[1]);
});

it.each<[string, string]>([
  ["is long", `${url}&x=${"x".repeat(500)}`],
  ["is about a user", url.replace(":send", "users/ada/:send")],
  ["is about a connection", url.replace(":send", "connections/c1/:send")],
  ["has a filter", `${url}&filter=a%20eq%20'b'`],
  ["leaves out connections", `${url}&excluded=c1`],
  ["tells a reason", `${url}&reason=because`],
])(
  "the token of a request that %s is not remembered, since callers make up any number",
  async (_, other) => {
    startClock();
    const sign = signer();
    const first = sign(other);
    const kept = sign(url);
    jest.setSystemTime(Date.now() + 1000);
    expect(sign(other)).not.toBe(first);
    expect(sign(url)).toBe(kept);
  },
);

it("a token that is renewed counts as new, and is not forgotten before its turn", async () => {
  startClock();
  const sign = signer();
  sign(`${url}&n=old`);
  for (let count = 0; count < 255; count += 1) sign(`${url}&n=${count}`);
  jest.setSystemTime(Date.now() + 1_800_000);
  const renewed = sign(`${url}&n=old`);
  sign(`${url}&n=another`);
  jest.setSystemTime(Date.now() + 1000);
  expect(sign(`${url}&n=old`)).toBe(renewed);
});

it("a request of the SDK is signed once, and its repetition as well", async () => {
  const tokens: (string | undefined)[] = [];
  const service = await startRawService((res, request, count) => {
    tokens.push(request.headers.authorization);
    accept(res, request, count);
  });
  const { connectionString } = service;
  const config = parseEndpoint({ name: "a", role: "primary", connectionString });
  const { client } = closeAfterTest(createEndpoint(config, "chat"));
  await client.sendToAll("1");
  await client.sendToAll("2");
  expect(new Set(tokens).size).toBe(1);
  const [token = ""] = tokens;
  const aud = `${service.url}${service.requests[0]?.url}`;
  expect(jwt.verify(token.replace("Bearer ", ""), "the-key-of-a-raw-service")).toMatchObject({
    aud,
  });
});
