import type { Emulator } from "express-resilient-pubsub/emulator";
import fc from "fast-check";
import { WebSocket } from "ws";
import { runs } from "../../support/runs.ts";
import {
  exchange,
  expectEmpty,
  expectServing,
  mutated,
  oddName,
  patience,
  watchForMistakes,
} from "../support/fuzz.ts";
import { callRest, restToken } from "../support/rest.ts";
import { createScene, jsonProtocol, reliableProtocol } from "../support/scene.ts";
import type { SocketClient } from "../support/socket-client.ts";
import { inSeconds, keyOf, signToken } from "../support/tokens.ts";

const scene = createScene();
const expectNoMistakes = watchForMistakes();

// What the service has, and the admin route's 403; a 500 is not among them, nor is silence.
const statuses = [200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 417, 431];

const segment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("chat", "g", "ann", "sendToGroup", "joinLeaveGroup") },
  {
    weight: 2,
    arbitrary: oddName.map((name) => encodeURIComponent(name.replace(/\p{Surrogate}/gu, "\ufffd"))),
  },
  fc.constantFrom("%", "%zz", "%ff", "%00", "%2e%2e", "%252F", "%EF%BB%BF", "x".repeat(5000)),
);

const operation = fc.constantFrom(
  ...["POST :send", "POST groups/*/:send", "POST users/*/:send", "POST connections/*/:send"],
  ...["HEAD connections/*", "HEAD users/*", "HEAD groups/*", "GET groups/*/connections"],
  ...[
    "POST :closeConnections",
    "POST groups/*/:closeConnections",
    "POST users/*/:closeConnections",
  ],
  ...["PUT groups/*/connections/*", "DELETE groups/*/connections/*", "DELETE connections/*"],
  ...["PUT users/*/groups/*", "DELETE users/*/groups/*", "DELETE users/*/groups"],
  ...["DELETE connections/*/groups", "POST :addToGroups", "POST :removeFromGroups"],
  ...["PUT permissions/*/connections/*", "HEAD permissions/*/connections/*"],
  ...["DELETE permissions/*/connections/*", "POST :generateToken"],
);

const path = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(operation, segment, segment, segment).map(fillIn) },
  fc
    .tuple(fc.constantFrom("GET", "POST", "HEAD"), fc.array(segment, { maxLength: 6 }))
    .map(([method, segments]) => ({ method, path: `/${segments.join("/")}` })),
  fc
    .constantFrom(
      "/",
      "//",
      "/api",
      "/api/hubs",
      "/api/health",
      "/client/hubs/chat",
      "/_emulator",
      "*",
    )
    .map((place) => ({ method: "GET", path: place })),
);

function fillIn([template, hub, ...names]: [string, string, string, string]) {
  const [method = "", below = ""] = template.split(" ");
  const rest = [...names];
  return { method, path: `/api/hubs/${hub}/${below.replace(/\*/g, () => rest.shift() ?? "")}` };
}

const number = fc.oneof(
  fc.integer({ min: -2, max: 400 }).map(String),
  fc.constantFrom("", "1e3", "0x10", "99999999999999999999", "NaN", "1.5", " 1"),
);

const parameter: fc.Arbitrary<[string, string]> = fc.oneof(
  fc.tuple(fc.constantFrom("messageTtlSeconds", "top", "maxpagesize", "minutesToExpire"), number),
  fc.tuple(
    fc.constantFrom(
      ...["excluded", "reason", "targetName", "continuationToken", "userId", "role", "group"],
      ...["clientType", "filter", "constructor", "api-version"],
    ),
    oddName,
  ),
  fc.tuple(
    fc.constant("filter"),
    fc.constantFrom(
      "userId eq 'ann'",
      "'g' in groups",
      "length(groups) gt 0",
      "'",
      "userId",
      "not",
    ),
  ),
  fc.tuple(
    fc.constant("role"),
    fc.constantFrom("webpubsub.sendToGroups.**", "webpubsub.joinLeaveGroup"),
  ),
);

const query = fc
  .tuple(
    fc.constantFrom("api-version=2024-12-01", "api-version=2021-10-01", "api-version=1", ""),
    fc.array(parameter, { maxLength: 4 }),
    fc.constantFrom("", "", "", "&", "&=", "&%", "?&&"),
  )
  .map(([version, parameters, tail]) => `?${version}&${new URLSearchParams(parameters)}${tail}`);

const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .map((code) => (code === 0x7f ? "~" : String.fromCharCode(code))),
  maxLength: 30,
});

const headers = fc
  .record({
    type: fc.option(
      fc.oneof(
        fc.constantFrom(
          ...["text/plain", "application/json", "application/octet-stream", "APPLICATION/JSON ; x"],
          ...['text/plain; charset="utf-16le"', "application/json; charset=latin1", "a/b", ";", ""],
        ),
        headerText,
      ),
    ),
    metadata: fc.array(
      fc.tuple(
        fc.constantFrom("a", "A", "__proto__", "constructor", "", "k".repeat(300)),
        headerText,
      ),
      { maxLength: 3 },
    ),
    other: fc.constantFrom<Record<string, string>>(
      {},
      { Expect: "100-continue" },
      { Expect: "?" },
      { Cookie: "a=b" },
    ),
  })
  .map(
    ({ type, metadata, other }): Record<string, string> => ({
      ...(type !== null && { "Content-Type": type }),
      ...Object.fromEntries(metadata.map(([key, value]) => [`X-WebPubSub-Metadata-${key}`, value])),
      ...other,
    }),
  );

const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.json({ stringUnit: "binary" }).map((json) => Buffer.from(json)),
  fc
    .record({
      groups: fc.oneof(fc.array(oddName, { maxLength: 3 }), fc.jsonValue()),
      filter: fc.oneof(oddName, fc.constant("userId ne null"), fc.jsonValue()),
    })
    .map((value) => Buffer.from(JSON.stringify(value))),
  fc
    .integer({ min: 1, max: 60_000 })
    .map((depth) => Buffer.from("[".repeat(depth) + "]".repeat(depth))),
);

type TokenMaker = (emulator: Emulator, path: string) => string | null;

const badToken: fc.Arbitrary<TokenMaker> = fc.oneof(
  fc.constantFrom<TokenMaker>(
    () => null,
    () => "",
    () => "a.b.c",
    (emulator, url) => signToken({ aud: emulator.endpoint + url, exp: inSeconds(60) }, "wrong"),
    (emulator, url) =>
      signToken({ aud: emulator.endpoint + url, exp: inSeconds(60) }, keyOf(emulator), {
        alg: "none",
      }),
    (emulator, url) => signToken({ aud: emulator.endpoint + url, exp: 1 }, keyOf(emulator)),
    (emulator, url) => signToken({ aud: [emulator.endpoint + url] }, keyOf(emulator)),
  ),
  fc.jsonValue().map(
    (claims): TokenMaker =>
      (emulator) =>
        signToken(claims as object, keyOf(emulator)),
  ),
  fc.tuple(fc.jsonValue(), fc.jsonValue()).map(
    ([aud, exp]): TokenMaker =>
      (emulator) =>
        signToken({ aud, exp, nbf: exp, sub: aud }, keyOf(emulator), { alg: "HS256", crit: aud }),
  ),
  headerText.map(
    (text): TokenMaker =>
      () =>
        text,
  ),
);

const token = fc.oneof(
  { weight: 4, arbitrary: fc.constant<TokenMaker>(restToken) },
  { weight: 1, arbitrary: badToken },
);

/** Two clients for the calls to hit, and others in their place when they have been closed. */
function createAudience(emulator: Emulator) {
  const audience: SocketClient[] = [];
  const identity = { userId: "ann", groups: ["g"] };
  return {
    seat: async () => {
      for (const [index, protocol] of [jsonProtocol, reliableProtocol].entries()) {
        if (audience[index]?.socket.readyState === WebSocket.OPEN) continue;
        const more = { hub: "chat", protocols: [protocol], ...identity };
        audience[index] = await scene.connectJson(emulator, more);
      }
    },
    leave: async () => {
      for (const { socket } of audience) socket.close();
      await Promise.all(audience.map(({ closed }) => closed));
    },
  };
}

test(
  "any REST call gets an answer that the service has",
  async () => {
    const emulator = await scene.emulator({ admin: true });
    const { seat, leave } = createAudience(emulator);
    const property = fc.asyncProperty(
      ...([path, query, headers, body, token] as const),
      async (place, search, more, bytes, createToken) => {
        const { method } = place;
        const url = place.path + search;
        const takesBody = method !== "GET" && method !== "HEAD";
        const call = { method, path: url, headers: more, token: createToken(emulator, url) };
        const answer = callRest(emulator, { ...call, ...(takesBody && { body: bytes }) });
        // Whoever is still writing when the head is too large may not get to read the answer.
        const status = await answer.then(
          (given) => given.status,
          (error: NodeJS.ErrnoException) => (url.length > 4000 ? 431 : error.code),
        );
        expect(statuses).toContain(status);
        expectNoMistakes();
      },
    );
    await fc.assert(property.beforeEach(seat), runs(800));
    await expectServing(scene, emulator);
    await leave();
    await expectEmpty(emulator);
  },
  patience,
);

const request = fc
  .tuple(
    fc.constantFrom("GET", "POST", "HEAD", "PUT", "CONNECT", "get", "PRI"),
    fc.oneof(
      path.map((place) => place.path),
      fc.constantFrom("http://a/api/health", "*", "/client/hubs/chat", "/api/health", "a:80"),
    ),
    fc.array(
      fc.oneof(
        fc.constantFrom(
          ...["Content-Length: 3", "Content-Length: -1", "Transfer-Encoding: chunked", "TE: x"],
          ...[
            "Connection: Upgrade\r\nUpgrade: websocket",
            "Connection: close",
            "Expect: 100-continue",
          ],
          ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
          ...[
            "Authorization: Bearer a.b.c",
            "Authorization: Basic YTpi",
            " folded",
            "no colon",
            ": x",
          ],
        ),
        headerText.map((value) => `X: ${value}`),
      ),
      { maxLength: 6 },
    ),
    fc.constantFrom("", "abc", "3\r\nabc\r\n0\r\n\r\n", "ffffffffff\r\n"),
  )
  .map(([method, target, lines, content]) =>
    Buffer.from(
      `${[`${method} ${target} HTTP/1.1`, "Host: x", ...lines].join("\r\n")}\r\n\r\n${content}`,
      "latin1",
    ),
  );

const bytes = fc.oneof(
  request,
  mutated(request),
  fc.array(request, { maxLength: 12 }).map((all) => Buffer.concat(all)),
  fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)),
  // What a TLS client says first.
  fc.constant(Buffer.from("160301020001000", "hex")),
);

test(
  "any bytes on the port get an answer or an end",
  async () => {
    const emulator = await scene.emulator();
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 3 }), async (pieces) => {
        const answer = await exchange(emulator.port, pieces);
        expect(answer).toMatch(/^(HTTP\/1\.1 [1-4]|$)/);
        expect(answer).not.toMatch(/^HTTP\/1\.1 5/m);
        expectNoMistakes();
      }),
      runs(600),
    );
    await expectServing(scene, emulator);
  },
  patience,
);
