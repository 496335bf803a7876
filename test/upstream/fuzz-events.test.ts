import { connect } from "node:net";
import fc from "fast-check";
import { accessKeyOf, digest } from "../support/upstream-request.ts";
import { PATH, setUp } from "./support/upstream-regions.ts";

/** A response as it comes over the wire; nothing between this and the server tidies the request up. */
function send(port: number, lines: readonly string[], body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])));
    socket.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
    socket.write(body);
  });
}

const types = fc.oneof(
  fc.constantFrom(
    ...["sys.connect", "sys.connected", "sys.disconnected", "gp.joined", "gp.left", "user.message"],
    ...["sys.", "user.", "gp.exploded", "sys.Connect", "user.__proto__"],
  ),
  fc.string({ maxLength: 10 }),
);

const contentTypes = fc.constantFrom(
  ...["application/json", "application/json; charset=utf-16", "APPLICATION/JSON", "text/plain"],
  ...["application/octet-stream", "application/x-protobuf", "text/plain;;;", "", "json", "a/b"],
);

const headerText = fc
  .array(fc.constantFrom(0x20, 0x2c, 0x3d, 0x41, 0x5c, 0x7b, 0x80, 0xa0, 0xc3, 0xe2, 0xef, 0xff), {
    maxLength: 30,
  })
  .map((bytes) => String.fromCharCode(...bytes));

const claims = fc.oneof(
  fc.constant({ "webpubsub.group": ["resilient-pubsub.placed"], sub: ["ada"] }),
  fc.jsonValue({ maxDepth: 3 }),
);

const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
  fc
    .record(
      {
        claims,
        query: fc.jsonValue({ maxDepth: 2 }),
        headers: claims,
        subprotocols: fc.jsonValue({ maxDepth: 2 }),
        clientCertificates: fc.jsonValue({ maxDepth: 2 }),
        mqtt: fc.jsonValue({ maxDepth: 2 }),
        reason: fc.jsonValue({ maxDepth: 1 }),
        group: fc.jsonValue({ maxDepth: 1 }),
      },
      { requiredKeys: [] },
    )
    .map((record) => Buffer.from(JSON.stringify(record))),
  fc.constant(Buffer.from(`${"[".repeat(50_000)}${"]".repeat(50_000)}`)),
  fc.constant(Buffer.from('{"__proto__":{"claims":1},"constructor":null}')),
);

const events = fc.record({
  type: types,
  contentType: contentTypes,
  body: bodies,
  connectionId: fc.oneof(fc.constantFrom("c1", "a".repeat(300), "__proto__"), headerText),
  isSigned: fc.boolean(),
  more: fc.dictionary(
    fc.constantFrom(
      ...["ce-userid", "ce-eventname", "ce-subprotocol", "ce-connectionstate", "ce-signature"],
      ...["ce-physicalConnectionId", "ce-sessionId", "ce-hub", "content-encoding"],
    ),
    fc.oneof(headerText, fc.constantFrom("mqtt", "chat", "gzip", "e30=", "W10=")),
    { maxKeys: 4 },
  ),
});

it("an event of any shape is answered, never with a fault of the server's, and no handler sees one that it cannot rely on", async () => {
  const { url, eastus, errors } = await setUp({
    // As handlers are written by those who trust their types.
    handleConnect: (req, res) => {
      for (const values of Object.values(req.claims ?? {})) values.map((value) => value.trim());
      for (const values of Object.values(req.queries ?? {})) values.map((value) => value.trim());
      for (const protocol of req.subprotocols ?? []) protocol.trim();
      if (req.context.userId === "A") res.fail(401, "not you");
      else res.success({ groups: ["g"] });
    },
    handleUserEvent: (_req, res) => res.success(),
    onConnected: (req) => void Object.keys(req.context.states),
    onDisconnected: (req) => void req.reason?.trim(),
    onGroupJoined: (req) => void req.group?.trim(),
    onGroupLeft: (req) => void req.group?.trim(),
  });
  const { port, host } = new URL(eastus.endpoint);
  expect(port).not.toBe("");
  const appPort = Number(new URL(url).port);
  await fc.assert(
    fc.asyncProperty(events, async ({ type, contentType, body, connectionId, isSigned, more }) => {
      // What is signed are the bytes, without the white space that HTTP takes off.
      const id = Buffer.from(connectionId.replace(/^[ \t]+|[ \t]+$/g, ""), "latin1");
      const signature = isSigned ? digest(accessKeyOf(eastus), id as unknown as string) : "0";
      const headers = {
        host: "a",
        connection: "close",
        "content-length": String(body.length),
        "content-type": contentType,
        "webhook-request-origin": host,
        "ce-awpsversion": "1.0",
        "ce-type": `azure.webpubsub.${type}`,
        "ce-hub": "chat",
        "ce-connectionid": connectionId,
        "ce-signature": `sha256=${signature}`,
        ...more,
      };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const status = await send(appPort, [`POST ${PATH} HTTP/1.1`, ...lines], body);
      expect(status).toBeGreaterThanOrEqual(200);
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
  expect(errors).toEqual([]);
}, 60_000);
