import { encodeMessage } from "../../src/fan-out/message.ts";
import { dataOf, Frames } from "../../src/history/frames.ts";
import type { EncodedBody } from "../../src/service/encoded-body.ts";

const position = { epoch: "k3x_-Z09", offset: 7 };
const encode = (message: unknown, contentType?: "text/plain") =>
  encodeMessage(message, contentType) as EncodedBody;
const textOf = ({ body }: { body: EncodedBody }): string => Buffer.from(body).toString();

describe("with metadata, a frame", () => {
  const frames = new Frames("metadata");

  it("has its position in a header, and the bytes of the message as they are", () => {
    const body = encode({ n: 1 });
    const frame = frames.message("g:news", body, position, { id: "x", fromUserId: "ada" });
    expect(frame.body).toBe(body);
    expect(frame.headers).toEqual({ "X-WebPubSub-Metadata-Rps": "1 m g k3x_-Z09:7 x ada" });
    expect(frame.filter).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ["a published message", { fromUserId: "ada" }, " ada c1"],
    ["a message of the application", {}, ""],
    [
      "a published message of a connection that cannot be told",
      { fromUserId: "ada", excluded: ["c 1"] },
      " ada",
    ],
  ])("of %s tells the connection that wants no echo", (_, more, told) => {
    const message = { id: "x", excluded: ["c1"], ...more };
    const { headers } = frames.message("g:news", encode(1), position, message);
    expect(headers).toEqual({ "X-WebPubSub-Metadata-Rps": `1 m g k3x_-Z09:7 x${told}` });
  });

  it("that is sent again goes to those alone who can tell it", () => {
    const entry = { id: "x", ...dataOf(encode("é", "text/plain")), excluded: ["c1"] };
    const frame = frames.again("a", entry, position);
    expect(frame).toMatchObject({
      filter: "'resilient-pubsub.continuity' in groups",
      excluded: ["c1"],
    });
    expect(textOf(frame)).toBe("é");
  });

  it("for connections that are left out names them, whatever they are called", () => {
    const ids = Array.from({ length: 21 }, (_, index) => `it's ${index}`);
    const filters = frames.skips("a", position, ids).map(({ filter }) => filter);
    expect(filters).toHaveLength(2);
    expect(filters[1]).toBe(
      "'resilient-pubsub.continuity' in groups and (connectionId eq 'it''s 20')",
    );
  });
});

describe("with data, a frame", () => {
  const frames = new Frames("data");

  it.each([
    ["an object", { n: 1 }, '{"$rps":"1 m a k3x_-Z09:7 x","n":1}'],
    ["an empty object", {}, '{"$rps":"1 m a k3x_-Z09:7 x"}'],
  ])("of %s has its position as a first member, and no header", (_, message, expected) => {
    const frame = frames.message("a", encode(message), position, { id: "x" });
    expect(textOf(frame)).toBe(expected);
    expect(frame.headers).toEqual({});
    expect(frame.body.contentType).toBe("application/json");
  });

  it.each<[string, EncodedBody]>([
    ["a list", encode([1])],
    ["a text in JSON", encode("{}")],
    ["text", encode("{}", "text/plain")],
    ["bytes", encode(new Uint8Array([123, 125]))],
  ])("of %s carries no position, so it is not kept", (_, body) => {
    expect(frames.carries(body)).toBe(false);
  });

  it("that is no message is an object with nothing else", () => {
    expect(textOf(frames.check(undefined))).toBe('{"$rps":"1 c * - -"}');
    expect(textOf(frames.check("g:news", position))).toBe('{"$rps":"1 c g k3x_-Z09:7 -"}');
  });
});

it("a message is logged so that it can be sent again as it was", () => {
  expect(dataOf(encode({ a: "é" }))).toEqual({ dataType: "json", data: '{"a":"é"}' });
  expect(dataOf(encode(new Uint8Array([0, 255])))).toEqual({ dataType: "binary", data: "AP8=" });
});
