import { createHmac, createSecretKey } from "node:crypto";
import { bearerToken } from "../../../src/emulator/tokens/access.ts";
import { AccessKeys } from "../../../src/emulator/tokens/access-keys.ts";
import { verifyToken } from "../../../src/emulator/tokens/jwt.ts";
import { apiVersion, callRest, restToken } from "../support/rest.ts";
import { accessKey, createScene, secondaryAccessKey } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl, inSeconds, signToken } from "../support/tokens.ts";

const scene = createScene();

const now = 1_700_000_000;
const good = { aud: "here", exp: now + 60 };

const rules = {
  keys: [createSecretKey("one", "utf8"), createSecretKey("two", "utf8")],
  acceptsAudience: (audience: string) => audience === "here",
  nowInSeconds: now,
};

const wsUrl = (endpoint: string, query: string, path = "/client/hubs/chat") =>
  `${endpoint.replace("http", "ws")}${path}${query}`;

/** As Entra would issue it, signed by a key that the emulator does not know. */
const entraToken = (claims: object = {}, header?: object) =>
  signToken({ aud: "https://webpubsub.azure.com", exp: inSeconds(60), ...claims }, "entra", header);

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
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signText = (claims: string, key: string, typ?: string) => {
    const signed = `${encode({ alg: "HS256", typ })}.${Buffer.from(claims).toString("base64url")}`;
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  };

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
    [
      "with a header that is null",
      `${encode(null)}.${body}.${signature}`,
      "The token is malformed",
    ],
    ["with a header that is a number", `${encode(5)}.${body}.${signature}`, /algorithm/],
    ["whose claims are not JSON", signText("{", "one"), "The token is malformed"],
    ["whose claims are typed but not JSON", signText("{", "one", "JWT"), "The token is malformed"],
    ["whose claims are null", signToken(null as never, "one"), "The token is malformed"],
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

test("no key at all makes no token good", () => {
  const result = verifyToken(signToken(good, "one"), { ...rules, keys: [] });
  expect(result).toEqual({ ok: false, problem: "The signature is invalid" });
});

test("access keys are replaced one at a time", () => {
  const keys = new AccessKeys("a", "b");
  const before = keys.secrets();
  keys.replace("secondary", "c");
  expect([keys.primary, keys.secondary, keys.all()]).toEqual(["a", "c", ["a", "c"]]);
  expect(keys.secrets()[0]).toBe(before[0]);
  expect(keys.secrets()[1].equals(createSecretKey("c", "utf8"))).toBe(true);
  keys.replace("primary", "d");
  expect(keys.all()).toEqual(["d", "c"]);
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
  ])("a REST call with a token for %s is answered accordingly", async (_what, aud, key, status) => {
    const emulator = await scene.emulator();
    const token = signToken(claims(emulator.endpoint, aud), key);
    const call = { method: "POST", path, headers, body: "x", token };
    expect((await callRest(emulator, call)).status).toBe(status);
  });

  // R has ws for clients; E has the rest.
  test.each(["http", "https", "ws", "wss", "WSS"])(
    "a token for the URL in the scheme %s is good for REST calls and clients (R, E)",
    async (scheme) => {
      const emulator = await scene.emulator();
      const rest = claims(emulator.endpoint.replace("http", scheme), path);
      const call = { method: "POST", path, headers, body: "x" };
      const answer = await callRest(emulator, { ...call, token: signToken(rest, accessKey) });
      expect(answer.status).toBe(202);
      const aud = `${emulator.endpoint.replace("http", scheme)}/client/hubs/chat`;
      const token = signToken({ aud, exp: inSeconds(60) }, accessKey);
      const client = new SocketClient(wsUrl(emulator.endpoint, `?access_token=${token}`));
      scene.defer(() => client.terminate());
      await client.opened;
    },
  );

  test("a token for the URL in another scheme is for another service", async () => {
    const emulator = await scene.emulator();
    const token = signToken(claims(emulator.endpoint.replace("http", "ftp"), path), accessKey);
    expect(
      (await callRest(emulator, { method: "POST", path, headers, body: "x", token })).status,
    ).toBe(401);
  });

  test("a REST token is checked against the configured endpoint, whatever the Host header says", async () => {
    const emulator = await scene.emulator();
    const call = { method: "POST", path, headers: { ...headers, Host: "proxy.example" } };
    expect((await callRest(emulator, call)).status).toBe(202);
    const proxy = signToken(claims("http://proxy.example", path), accessKey);
    expect((await callRest(emulator, { ...call, token: proxy })).status).toBe(401);
  });

  test.each([
    ["localhost", 202],
    ["[::1]", 202],
    ["127.0.0.2", 401],
    ["127.0.0.1.example", 401],
    ["localhost.example", 401],
  ])("a REST token for the URL at %s is answered %i", async (host, status) => {
    const emulator = await scene.emulator();
    const renamed = emulator.endpoint.replace("127.0.0.1", host);
    const token = signToken(claims(renamed, path), accessKey);
    const call = { method: "POST", path, headers, body: "x", token };
    expect((await callRest(emulator, call)).status).toBe(status);
  });

  test("a REST call without a token gets a bare challenge, with a bad one the reason too", async () => {
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
  test.each([
    ["the http URL of the hub", "", accessKey],
    ["the ws URL of the hub", "ws", accessKey],
    ["the hub, by the second key", "", secondaryAccessKey],
  ])("a client with a token for %s comes in", async (_what, scheme, key) => {
    const emulator = await scene.emulator();
    const endpoint = scheme ? emulator.endpoint.replace("http", scheme) : emulator.endpoint;
    const token = signToken({ aud: `${endpoint}/client/hubs/chat`, exp: inSeconds(60) }, key);
    const byQuery = new SocketClient(wsUrl(emulator.endpoint, `?access_token=${token}`));
    const byHeader = new SocketClient(wsUrl(emulator.endpoint, ""), [], {
      Authorization: `Bearer ${token}`,
    });
    const byOtherPath = new SocketClient(
      wsUrl(emulator.endpoint, `?hub=CHAT&access_token=${token}`, "/client/"),
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
  ])("a client with %s is refused by 401 and a closed connection", async (_what, makeToken) => {
    const emulator = await scene.emulator();
    const token = makeToken(`${emulator.endpoint}/client/hubs/chat`);
    const query = token ? `?access_token=${token}` : "";
    const { status, headers } = await new SocketClient(wsUrl(emulator.endpoint, query)).refused;
    expect(status).toBe(401);
    expect(headers).toMatchObject({ "www-authenticate": "Bearer", connection: "close" });
  });

  test("a client without a token is let in where anonymous clients may, one with a bad token is not", async () => {
    const emulator = await scene.emulator({ hubs: { Chat: { anonymousConnectPolicy: "allow" } } });
    const anonymous = new SocketClient(wsUrl(emulator.endpoint, ""));
    await anonymous.opened;
    anonymous.terminate();
    const bad = new SocketClient(wsUrl(emulator.endpoint, "?access_token=rubbish"));
    expect((await bad.refused).status).toBe(401);
    const elsewhere = new SocketClient(wsUrl(emulator.endpoint, "", "/client/hubs/news"));
    expect((await elsewhere.refused).status).toBe(401);
  });
});

describe("without local authentication", () => {
  test("a token signed with a key is refused, one from the service is not", async () => {
    const emulator = await scene.emulator({ disableLocalAuth: true, acceptEntraTokens: true });
    const path = `/api/hubs/chat/:generateToken?${apiVersion}`;
    const byKey = await callRest(emulator, { method: "POST", path });
    expect(byKey.status).toBe(401);
    expect(byKey.headers["www-authenticate"]).toMatch(/Access keys are disabled/);
    const client = new SocketClient(clientUrl(emulator, "chat"));
    expect((await client.refused).status).toBe(401);
    const issued = await callRest(emulator, { method: "POST", path, token: entraToken() });
    const { token } = JSON.parse(issued.body);
    const welcome = new SocketClient(wsUrl(emulator.endpoint, `?access_token=${token}`));
    await welcome.opened;
    welcome.terminate();
  });
});

describe("a token of Microsoft Entra", () => {
  const path = `/api/hubs/chat/:send?${apiVersion}`;
  const call = { method: "POST", path, headers: { "Content-Type": "text/plain" }, body: "x" };

  test.each<[string, string, number, RegExp | undefined]>([
    ["by whomever", entraToken(), 202, undefined],
    ["with a slash", entraToken({ aud: "https://webpubsub.azure.com/" }), 202, undefined],
    [
      "of another algorithm",
      entraToken({}, { alg: "RS256", typ: "JWT", kid: "x" }),
      202,
      undefined,
    ],
    ["expired for less than five minutes", entraToken({ exp: inSeconds(-290) }), 202, undefined],
    ["expired", entraToken({ exp: inSeconds(-310) }), 401, /The token has expired/],
    ["not yet valid", entraToken({ nbf: inSeconds(310) }), 401, /not yet valid/],
    ["with a start in words", entraToken({ nbf: "now" }), 401, /malformed/],
    ["without an expiration", entraToken({ exp: undefined }), 401, /no expiration/],
    ["for another service", entraToken({ aud: "https://vault.azure.net" }), 401, /signature/],
    [
      "for a longer name",
      entraToken({ aud: "https://webpubsub.azure.com.example" }),
      401,
      /signature/,
    ],
    ["that is rubbish", "rubbish", 401, /malformed/],
  ])("%s is judged accordingly on a REST call", async (_what, token, status, problem) => {
    const emulator = await scene.emulator({ acceptEntraTokens: true });
    const answer = await callRest(emulator, { ...call, token });
    expect(answer.status).toBe(status);
    if (problem) expect(answer.headers["www-authenticate"]).toMatch(problem);
    expect((await callRest(emulator, call)).status).toBe(202);
  });

  test("a token of Microsoft Entra is refused unless it is turned on", async () => {
    const emulator = await scene.emulator();
    expect((await callRest(emulator, { ...call, token: entraToken() })).status).toBe(401);
  });

  test("a token of Microsoft Entra does not let a client in", async () => {
    const emulator = await scene.emulator({ acceptEntraTokens: true });
    const aud = `${emulator.endpoint}/client/hubs/chat`;
    for (const token of [entraToken(), entraToken({ aud })]) {
      const client = new SocketClient(wsUrl(emulator.endpoint, `?access_token=${token}`));
      expect((await client.refused).status).toBe(401);
    }
  });
});
