import { randomBytes } from "node:crypto";
import type { Emulator } from "express-resilient-pubsub/emulator";
import fc from "fast-check";
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
import { createScene } from "../support/scene.ts";
import { inSeconds, keyOf, signToken } from "../support/tokens.ts";

const scene = createScene();
const expectNoMistakes = watchForMistakes();
const mebibyte = 1024 * 1024;

interface Handshake {
  path?: string;
  query?: [string, string][];
  claims?: object;
  lines?: string[];
  protocols?: string;
}

function handshake(
  emulator: Emulator,
  { path, query, claims, lines, protocols }: Handshake,
): Buffer {
  const place = path ?? "/client/hubs/chat";
  const good = { aud: emulator.endpoint + place, exp: inSeconds(60) };
  const token = signToken({ ...good, ...claims }, keyOf(emulator));
  const search = new URLSearchParams([["access_token", token], ...(query ?? [])]);
  const head = [
    `GET ${place}?${search} HTTP/1.1`,
    "Host: x",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...(protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
    ...(lines ?? []),
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1");
}

interface RawFrame {
  first: number;
  isMasked: boolean;
  /** What is said of the length; undefined for the truth. */
  claimed: bigint | undefined;
  payload: Buffer;
}

function encodeFrame({ first, isMasked, claimed, payload }: RawFrame): Buffer {
  const length = claimed ?? BigInt(payload.length);
  const maskBit = isMasked ? 0x80 : 0;
  const head = Buffer.alloc(length < 126n ? 2 : length < 65_536n ? 4 : 10);
  head[0] = first;
  head[1] = maskBit | (length < 126n ? Number(length) : length < 65_536n ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(Number(length), 2);
  if (head.length === 10) head.writeBigUInt64BE(length, 2);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0), payload]);
}

const rawFrame: fc.Arbitrary<Buffer> = fc
  .record({
    // Opcodes of data and of control, with and without FIN, and with bits that nobody agreed on.
    first: fc.oneof(
      fc.constantFrom(0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8a, 0x08, 0x09, 0x0a),
      fc.integer({ min: 0, max: 255 }),
    ),
    isMasked: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    claimed: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      fc.constantFrom(
        0n,
        1n,
        125n,
        126n,
        65_536n,
        BigInt(mebibyte),
        BigInt(mebibyte) + 1n,
        2n ** 64n - 1n,
      ),
    ),
    payload: fc.oneof(
      fc
        .constantFrom('{"type":"ping"}', '{"type":"event","event":"e","data":1}')
        .map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 130 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(
        Buffer.from([0x03, 0xe8]),
        Buffer.from([0x03, 0xee]),
        Buffer.from([0]),
        Buffer.alloc(0),
      ),
    ),
  })
  .map(encodeFrame);

const frames = fc.oneof(
  fc.array(rawFrame, { maxLength: 12 }).map((all) => Buffer.concat(all)),
  mutated(fc.array(rawFrame, { minLength: 1, maxLength: 4 }).map((all) => Buffer.concat(all))),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

const protocol = fc.constantFrom(
  undefined,
  "json.webpubsub.azure.v1",
  "json.reliable.webpubsub.azure.v1",
  "protobuf.webpubsub.azure.v1",
);

test(
  "any bytes on an open WebSocket end it, or are frames",
  async () => {
    const emulator = await scene.emulator();
    const property = fc.asyncProperty(
      fc.array(frames, { minLength: 1, maxLength: 4 }),
      protocol,
      async (pieces, protocols) => {
        const hello = handshake(emulator, { protocols, claims: { sub: "ann" } });
        expect(await exchange(emulator.port, [hello, ...pieces])).toMatch(/^HTTP\/1\.1 101 /);
        expectNoMistakes();
      },
    );
    await fc.assert(property, runs(250));
    await expectServing(scene, emulator);
  },
  patience,
);

const claims = fc.dictionary(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("sub", "role", "webpubsub.group") },
    { weight: 1, arbitrary: fc.constantFrom("aud", "exp", "nbf", "iat", "__proto__") },
    { weight: 1, arbitrary: oddName },
  ),
  fc.oneof(
    oddName,
    fc.array(oddName, { maxLength: 3 }),
    fc.jsonValue({ stringUnit: "binary" }),
    fc.constant({ toString: 1, valueOf: 1, toJSON: 1 }),
    fc
      .integer({ min: 1, max: 4000 })
      .map((depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth))),
  ),
  { maxKeys: 3 },
);

const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .map((code) => (code === 0x7f ? "~" : String.fromCharCode(code))),
  maxLength: 30,
});

const anyHandshake: fc.Arbitrary<Handshake> = fc.record(
  {
    path: fc.oneof(
      { weight: 4, arbitrary: fc.constant("/client/hubs/chat") },
      fc.constantFrom(
        "/client",
        "/client/",
        "/client/hubs/",
        "/clients/mqtt/hubs/a",
        "/api/health",
        "/",
      ),
      oddName.map(
        (hub) => `/client/hubs/${encodeURIComponent(hub.replace(/\p{Surrogate}/gu, ""))}`,
      ),
    ),
    query: fc.array(
      fc.tuple(
        fc.constantFrom(
          ...["hub", "webpubsub_mode", "group", "noEcho", "awps_connection_id"],
          ...["awps_reconnection_token", "access_token", "__proto__", "constructor"],
        ),
        fc.oneof(fc.constantFrom("sendToGroup", "sendEvent", "true", "TRUE"), oddName),
      ),
      { maxLength: 4 },
    ),
    claims,
    protocols: fc.oneof(
      headerText,
      fc.constantFrom(
        ...["a,a", "a,,b", "mqtt", ",", "", " ", "json.webpubsub.azure.v1, x", "x".repeat(3000)],
        ...["JSON.WEBPUBSUB.AZURE.V1", "\u00a0a", "a\u00a0", "a\t, b"],
      ),
    ),
    lines: fc.array(
      fc.oneof(
        fc.constantFrom(
          ...[
            "Sec-WebSocket-Version: 14",
            "Sec-WebSocket-Key: x",
            "Upgrade: h2c",
            "Content-Length: 3",
          ],
          ...["Sec-WebSocket-Extensions: permessage-deflate; x=;;", "Transfer-Encoding: chunked"],
          ...["Authorization: Bearer x", "Origin: null", "X: \u00ff", "__proto__: x"],
        ),
        headerText.map((text) => `X: ${text}`),
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

test(
  "any handshake opens a client or is refused",
  async () => {
    const appServer = await scene.appServer();
    const emulator = await scene.emulator({ admin: true, hubs: { chat: appServer.hub } });
    const property = fc.asyncProperty(anyHandshake, async (attempt) => {
      const pieces = [handshake(emulator, attempt)];
      const answer = await exchange(emulator.port, pieces, "when answered");
      expect(answer).toMatch(/^HTTP\/1\.1 (101|200|400|401|404|405|431|501) /);
      expectNoMistakes();
    });
    await fc.assert(property, runs(500));
    await expectServing(scene, emulator);
    await expectEmpty(emulator);
  },
  patience,
);
