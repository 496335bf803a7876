import { createHmac, createSecretKey } from "node:crypto";
import { bearerToken } from "../../src/emulator/tokens/access.ts";
import { verifyToken } from "../../src/emulator/tokens/jwt.ts";
import { apiVersion, callRest, restToken } from "./support/rest.ts";
import { accessKey, createScene, secondaryAccessKey } from "./support/scene.ts";
import { SocketClient } from "./support/socket-client.ts";
import { inSeconds, signToken } from "./support/tokens.ts";

const scene = createScene();

const now = 1_700_000_000;
const good = { aud: "here", exp: now + 60 };

const rules = {
  keys: [createSecretKey("one", "utf8"), createSecretKey("two", "utf8")],
  acceptsAudience: (audience: string) => audience === "here",
  nowInSeconds: now,
};

const check = (token: string) => {
  const result = verifyToken(token, rules);
  return result.ok ? "good" : result.problem;
};

describe("verifyToken", () => {
  test.each([
    ["signed by the first key", signToken(good, "one")],
    ["signed by the second key", signToken(good, "two")],
    ["with an audience among others", signToken({ ...good, aud: ["there", "here"] }, "one")],
    ["expired for less than five minutes", signToken({ ...good, exp: now - 299 }, "one")],
    ["valid in less than five minutes", signToken({ ...good, nbf: now + 299 }, "one")],
    ["issued in the future", signToken({ ...good, iat: now + 9999 }, "one")],
  ])("accepts a token %s", (_what, token) => {
    expect(check(token)).toBe("good");
  });

  const unsigned = `${signToken(good, "one", { alg: "none" }).split(".").slice(0, 2).join(".")}.`;
  const hs512 = (() => {
    const [, body] = signToken(good, "one").split(".");
    const signed = `${Buffer.from('{"alg":"HS512"}').toString("base64url")}.${body}`;
    return `${signed}.${createHmac("sha512", "one").update(signed).digest("base64url")}`;
  })();
  const [head, body, signature] = signToken(good, "one").split(".");

  test.each([
    ["signed by another key", signToken(good, "three"), "The signature is invalid"],
    ["with a shortened signature", `${head}.${body}.${signature?.slice(2)}`, /signature/],
    ["with a changed body", `${head}.${body}x.${signature}`, /malformed|signature/],
    ["of another algorithm", hs512, "The algorithm is not HS256"],
    ["that says it needs no signature", signToken(good, "one", { alg: "none" }), /algorithm/],
    ["without a signature", unsigned, "The token is malformed"],
    ["of two parts", `${head}.${body}`, "The token is malformed"],
    ["of four parts", `${head}.${body}.${signature}.x`, "The token is malformed"],
    ["that is empty", "", "The token is malformed"],
    ["that is not JSON", "a.b.c", "The token is malformed"],
    ["whose claims are a list", signToken([1], "one"), "The token is malformed"],
    ["expired five minutes ago", signToken({ ...good, exp: now - 300 }, "one"), /expired/],
    ["valid in more than five minutes", signToken({ ...good, nbf: now + 301 }, "one"), /not yet/],
    ["without an expiration", signToken({ aud: "here" }, "one"), /no expiration/],
    ["with an expiration in words", signToken({ ...good, exp: "soon" }, "one"), /no expiration/],
    ["with a start in words", signToken({ ...good, nbf: "now" }, "one"), /malformed/],
    ["for somebody else", signToken({ ...good, aud: "there" }, "one"), /audience/],
    ["for nobody", signToken({ exp: now + 60 }, "one"), /audience/],
  ])("refuses a token %s", (_what, token, problem) => {
    expect(check(token)).toMatch(problem);
  });
});

test.each([
  ["Bearer abc", "abc"],
  ["bearer abc", "abc"],
  ["Basic abc", undefined],
  ["Bearer", undefined],
  ["Bearer a b", undefined],
  [undefined, undefined],
])("the bearer token of %j is %j", (header, token) => {
  expect(bearerToken(header)).toBe(token);
});

describe("a REST call", () => {
  const path = `/api/hubs/chat/:send?${apiVersion}&excluded=a%20b`;
  const headers = { "Content-Type": "text/plain" };
  const claims = (endpoint: string, aud: string) => ({ aud: endpoint + aud, exp: inSeconds(60) });

  test.each([
    ["its own URL", path, accessKey, 202],
    ["its own URL, by the second key", path, secondaryAccessKey, 202],
    ["its URL without the query", "/api/hubs/chat/:send", accessKey, 202],
    ["its URL, decoded", decodeURIComponent(path), accessKey, 401],
    ["another operation", `/api/hubs/chat/:closeConnections?${apiVersion}`, accessKey, 401],
    ["another hub", path.replace("chat", "news"), accessKey, 401],
    ["its own URL, by a foreign key", path, "foreign", 401],
  ])("with a token for %s is answered accordingly", async (_what, aud, key, status) => {
    const emulator = await scene.emulator();
    const token = signToken(claims(emulator.endpoint, aud), key);
    const call = { method: "POST", path, headers, body: "x", token };
    expect((await callRest(emulator, call)).status).toBe(status);
  });

  test("is judged by the configured endpoint, whatever its Host header says", async () => {
    const emulator = await scene.emulator();
    const call = { method: "POST", path, headers: { ...headers, Host: "proxy.example" } };
    expect((await callRest(emulator, call)).status).toBe(202);
    const localhost = emulator.endpoint.replace("127.0.0.1", "localhost");
    const token = signToken(claims(localhost, path), accessKey);
    expect((await callRest(emulator, { ...call, token })).status).toBe(401);
  });

  test("without a token gets a bare challenge, with a bad one the reason too", async () => {
    const emulator = await scene.emulator();
    const call = { method: "POST", path, headers };
    const bare = await callRest(emulator, { ...call, token: null });
    expect(bare).toMatchObject({ status: 401, body: "" });
    expect(bare.headers["www-authenticate"]).toBe("Bearer");
    const bad = await callRest(emulator, { ...call, token: restToken(emulator, "/elsewhere") });
    expect(bad.headers["www-authenticate"]).toBe(
      'Bearer error="invalid_token", error_description="The audience is invalid"',
    );
  });
});

describe("a client", () => {
  const url = (endpoint: string, query: string, path = "/client/hubs/chat") =>
    `${endpoint.replace("http", "ws")}${path}${query}`;

  test.each([
    ["the http URL of the hub", "", accessKey],
    ["the ws URL of the hub", "ws", accessKey],
    ["the hub, by the second key", "", secondaryAccessKey],
  ])("with a token for %s comes in", async (_what, scheme, key) => {
    const emulator = await scene.emulator();
    const endpoint = scheme ? emulator.endpoint.replace("http", scheme) : emulator.endpoint;
    const token = signToken({ aud: `${endpoint}/client/hubs/chat`, exp: inSeconds(60) }, key);
    const byQuery = new SocketClient(url(emulator.endpoint, `?access_token=${token}`));
    const byHeader = new SocketClient(url(emulator.endpoint, ""), [], {
      Authorization: `Bearer ${token}`,
    });
    const byOtherPath = new SocketClient(
      url(emulator.endpoint, `?hub=CHAT&access_token=${token}`, "/client/"),
    );
    for (const client of [byQuery, byHeader, byOtherPath]) {
      await client.opened;
      client.terminate();
    }
  });

  test.each([
    ["no token", () => undefined],
    ["an expired token", (aud: string) => signToken({ aud, exp: inSeconds(-301) }, accessKey)],
    ["a token of a foreign key", (aud: string) => signToken({ aud, exp: inSeconds(9) }, "foreign")],
    [
      "a token for another hub",
      (aud: string) => signToken({ aud: `${aud}s`, exp: inSeconds(9) }, accessKey),
    ],
    ["rubbish", () => "rubbish"],
  ])("with %s is refused by 401 and a closed connection", async (_what, makeToken) => {
    const emulator = await scene.emulator();
    const token = makeToken(`${emulator.endpoint}/client/hubs/chat`);
    const query = token ? `?access_token=${token}` : "";
    const { status, headers } = await new SocketClient(url(emulator.endpoint, query)).refused;
    expect(status).toBe(401);
    expect(headers).toMatchObject({ "www-authenticate": "Bearer", connection: "close" });
  });

  test("without a token comes in where anonymous clients may, with a bad one it does not", async () => {
    const emulator = await scene.emulator({ hubs: { Chat: { anonymousConnectPolicy: "allow" } } });
    const anonymous = new SocketClient(url(emulator.endpoint, ""));
    await anonymous.opened;
    anonymous.terminate();
    const bad = new SocketClient(url(emulator.endpoint, "?access_token=rubbish"));
    expect((await bad.refused).status).toBe(401);
    const elsewhere = new SocketClient(url(emulator.endpoint, "", "/client/hubs/news"));
    expect((await elsewhere.refused).status).toBe(401);
  });
});
