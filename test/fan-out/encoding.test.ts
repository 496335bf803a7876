import type { BroadcastOptions, ResilientPubSub } from "express-resilient-pubsub";
import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { type RawService, startPlugin, startRawService } from "../support/raw-service.ts";

/** Two endpoints, and what each of them was sent. */
async function startWorld() {
  const east = await startRawService();
  const west = await startRawService();
  const pubsub = await startPlugin({ east, west });
  return { pubsub, sent: () => [sentTo(east), sentTo(west)] };
}

const sentTo = ({ requests }: RawService) =>
  requests.map(({ headers, body }) => ({ type: headers["content-type"], bytes: [...body] }));

const bytesOf = (text: string): number[] => [...Buffer.from(text)];

const binary = "application/octet-stream";
const json = "application/json";

function shared(bytes: number[]): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length + 2), 1, bytes.length);
  view.set(bytes);
  return view;
}

function within(bytes: number[]): ArrayBuffer {
  return Uint8Array.from([9, 9, ...bytes, 9]).buffer;
}

const circleFree = { nested: { list: [1, null, true, "ü"], date: new Date(0) } };

describe("every endpoint is sent the same bytes:", () => {
  it.each<[string, unknown, BroadcastOptions | undefined, string, number[]]>([
    ["a text, as JSON", "hi", undefined, json, bytesOf('"hi"')],
    ["an empty text, as JSON", "", undefined, json, bytesOf('""')],
    [
      "a text that says that it is JSON, as a text in JSON",
      "{}",
      { contentType: json },
      json,
      bytesOf('"{}"'),
    ],
    ["null", null, undefined, json, bytesOf("null")],
    ["false", false, undefined, json, bytesOf("false")],
    ["zero, however negative", -0, undefined, json, bytesOf("0")],
    ["an object", circleFree, undefined, json, bytesOf(JSON.stringify(circleFree))],
    ["an object with a toJSON", { toJSON: () => [1] }, undefined, json, bytesOf("[1]")],
    ["an empty list", [], undefined, json, bytesOf("[]")],
    ["a text", "hi", { contentType: "text/plain" }, "text/plain", bytesOf("hi")],
    ["an empty text", "", { contentType: "text/plain" }, "text/plain", []],
    [
      "a text beyond ASCII",
      "ünï€🙂\u0000",
      { contentType: "text/plain" },
      "text/plain",
      bytesOf("ünï€🙂\u0000"),
    ],
    ["the same as JSON", "ünï€🙂\u0000", undefined, json, bytesOf('"ünï€🙂\\u0000"')],
    ["half a character, as JSON says it", "\ud83d", undefined, json, bytesOf('"\\ud83d"')],
    ["a Buffer", Buffer.from([0, 255]), undefined, binary, [0, 255]],
    ["a Buffer, said to be one", Buffer.from([0, 255]), { contentType: binary }, binary, [0, 255]],
    ["an ArrayBuffer", Uint8Array.from([1, 2]).buffer, undefined, binary, [1, 2]],
    ["no bytes", new Uint8Array(0), undefined, binary, []],
    ["an ArrayBuffer of nothing", new ArrayBuffer(0), undefined, binary, []],
    ["a view in the middle", new Uint8Array(within([1, 2]), 2, 2), undefined, binary, [1, 2]],
    ["a DataView in the middle", new DataView(within([1, 2]), 2, 2), undefined, binary, [1, 2]],
    [
      "a view of wider numbers",
      new Uint16Array(within([1, 2, 3]), 2, 2),
      undefined,
      binary,
      [1, 2, 3, 9],
    ],
    ["a view of shared memory", shared([1, 2]), undefined, binary, [1, 2]],
    ["shared memory itself", shared([1]).buffer, undefined, binary, [0, 1, 0]],
    ["a Blob", new Blob(["ü"]), undefined, binary, bytesOf("ü")],
    [
      "a Blob that says that it is text",
      new Blob(["a"], { type: "text/plain" }),
      undefined,
      binary,
      bytesOf("a"),
    ],
    ["an empty Blob", new Blob([]), undefined, binary, []],
  ])("%s", async (_, message, options, type, bytes) => {
    const { pubsub, sent } = await startWorld();
    await pubsub.broadcast(message, options);
    await pubsub.sendToUser("ada", message, options);
    await pubsub.group("g").sendToAll(message, options);
    await pubsub.sendToConnection("x", message, options);
    const expected = Array.from({ length: 4 }, () => ({ type, bytes }));
    expect(sent()).toEqual([expected, expected]);
  });

  it("1 MB of JSON, and of text", async () => {
    const east = await startRawService();
    const west = await startRawService();
    const pubsub = await startPlugin({ east, west });
    const text = "ü".repeat(512 * 1024);
    await pubsub.broadcast({ text });
    await pubsub.broadcast(text, { contentType: "text/plain" });
    for (const { requests } of [east, west]) {
      expect(JSON.parse(String(requests[0]?.body)).text === text).toBe(true);
      expect(String(requests[1]?.body) === text).toBe(true);
    }
  });
});

describe("what does not fit its content type is refused, before anybody is asked:", () => {
  it.each<[string, unknown, unknown, string]>([
    ["bytes as JSON", Buffer.from("{}"), json, "application/json takes a value that JSON can hold"],
    ["an ArrayBuffer as JSON", new ArrayBuffer(2), json, "application/json takes a value"],
    ["shared memory as JSON", new SharedArrayBuffer(2), json, "application/json takes a value"],
    ["a Blob as JSON", new Blob(["{}"]), json, "application/json takes a value"],
    ["bytes as text", Buffer.from("hi"), "text/plain", "text/plain takes a string"],
    ["a Blob as text", new Blob(["hi"]), "text/plain", "text/plain takes a string"],
    ["a number as text", 7, "text/plain", "text/plain takes a string"],
    ["nothing as text", undefined, "text/plain", "text/plain takes a string"],
    ["a text as bytes", "hi", binary, "application/octet-stream takes an ArrayBuffer, a view"],
    ["null as bytes", null, binary, "application/octet-stream takes an ArrayBuffer, a view"],
    ["an array as bytes", [1, 2], binary, "application/octet-stream takes an ArrayBuffer, a view"],
    [
      "an object whose toJSON gives nothing",
      { toJSON: () => undefined },
      undefined,
      "give a value",
    ],
    ["a promise of a stream", new ReadableStream(), undefined, "give a value that JSON can hold"],
  ])("%s", async (_, message, contentType, text) => {
    const { pubsub, sent } = await startWorld();
    await expect(pubsub.broadcast(message, { contentType } as never)).rejects.toMatchObject({
      name: "TypeError",
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining(text),
    });
    expect(sent()).toEqual([[], []]);
  });
});

describe("what the caller does to its message after the call changes nothing that is sent,", () => {
  const mutables: [string, () => { message: unknown; change: () => void }][] = [
    [
      "to bytes",
      () => {
        const message = Buffer.from("before");
        return { message, change: () => message.fill("x") };
      },
    ],
    [
      "to an ArrayBuffer",
      () => {
        const bytes = new Uint8Array(Buffer.from("before"));
        return { message: bytes.buffer, change: () => bytes.fill(0) };
      },
    ],
    [
      "to shared memory",
      () => {
        const message = shared(bytesOf("before"));
        return { message, change: () => message.fill(0) };
      },
    ],
    [
      "to an object",
      () => {
        const message = { word: "before" };
        return {
          message,
          change: () => {
            message.word = "after";
          },
        };
      },
    ],
  ];
  const sends: [string, (it: ResilientPubSub, message: unknown) => Promise<unknown>][] = [
    ["broadcast", (it, message) => it.broadcast(message)],
    ["sendToConnection", (it, message) => it.sendToConnection("x", message)],
  ];
  const cases = mutables.flatMap(([what, make]) =>
    sends.map(([name, send]) => [what, name, make, send] as const),
  );

  it.each(cases)("%s: %s", async (_, __, make, send) => {
    const { pubsub, sent } = await startWorld();
    const { message, change } = make();
    const sending = send(pubsub, message);
    change();
    await sending;
    for (const [first] of sent())
      expect(String.fromCharCode(...(first?.bytes ?? []))).toContain("before");
  });

  it.each(cases)(
    "%s: %s, at start, when endpoints are looked at first",
    async (_, __, make, send) => {
      const east = await startRawService();
      const { connectionString } = east;
      const pubsub = closeAfterTest(
        resilientPubSub({
          hub: "chat",
          endpoints: [{ name: "east", role: "primary", connectionString }],
          negotiate: { allowAnonymous: true },
        }),
      );
      const { message, change } = make();
      const sending = send(pubsub, message);
      change();
      await sending;
      expect(String(east.requests[0]?.body)).toContain("before");
    },
  );

  it.each(cases)("%s: %s, while an endpoint asks for a pause", async (_, __, make, send) => {
    const east = await startRawService((res, _, count) => {
      res.writeHead(count === 1 ? 429 : 202, { "Retry-After": "0" }).end();
    });
    const pubsub = await startPlugin({ east });
    const { message, change } = make();
    const sending = send(pubsub, message);
    setTimeout(change, 1);
    await sending;
    expect(east.requests).toHaveLength(2);
    for (const { body } of east.requests) expect(String(body)).toContain("before");
  });

  it("to its lists, while an endpoint asks for a pause", async () => {
    const east = await startRawService((res, { url }, count) => {
      const done = url.includes(":send") ? 202 : 200;
      res.writeHead(count <= 2 ? 429 : done, { "Retry-After": "0" }).end();
    });
    const pubsub = await startPlugin({ east });
    const groups = ["before"];
    const excludedConnections = ["before"];
    const sending = [
      pubsub.addConnectionsToGroups(groups, "userId eq 'ada'"),
      pubsub.broadcast("hi", { excludedConnections }),
    ];
    groups[0] = "after";
    excludedConnections[0] = "after";
    await Promise.all(sending);
    expect(east.requests).toHaveLength(4);
    for (const { url, body } of east.requests) expect(url + String(body)).not.toContain("after");
  });
});
