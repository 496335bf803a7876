import { Streams } from "../../../src/emulator/clients/streams.ts";
import type { StreamRequest } from "../../../src/emulator/protocol/client-request.ts";
import type {
  GroupMessage,
  Payload,
  StreamPosition,
} from "../../../src/emulator/protocol/message.ts";
import type { ServiceFrame } from "../../../src/emulator/protocol/service-frame.ts";

const idleTimeoutInMs = 1000;
const closingDelayInMs = 5;

/** A publisher whose streams can be driven, and what it and the receivers were told. */
function setUp({ userId = "u" as string | null } = {}) {
  const told: ServiceFrame[] = [];
  const published: GroupMessage[] = [];
  const noEchoes: boolean[] = [];
  const groups = new Set(["g"]);
  const streams = new Streams({
    userId,
    allows: (group) => groups.has(group),
    publish: (message, { noEcho }) => {
      published.push(message);
      noEchoes.push(noEcho);
    },
    send: (frame) => told.push(frame),
  });
  /** And what the publisher is told of it a moment later. */
  const handle = (request: StreamRequest) => {
    streams.handle(request);
    jest.advanceTimersByTime(closingDelayInMs);
  };
  const positions = () => published.map(({ stream }) => stream);
  const forget = () => {
    told.length = 0;
    published.length = 0;
  };
  return { streams, handle, told, published, noEchoes, groups, positions, forget };
}

type Scene = ReturnType<typeof setUp>;

const text = (words: string): Payload => ({ dataType: "text", text: words });

const start = (streamId = "s", group = "g", noEcho = false): StreamRequest => ({
  kind: "streamStart",
  streamId,
  group,
  noEcho,
  idleTimeoutInMs,
});

const part = (sequenceId: number, streamId = "s"): StreamRequest => ({
  kind: "streamData",
  streamId,
  part: { sequenceId, payload: text(`part ${sequenceId}`) },
});

const keepAlive: StreamRequest = { kind: "streamData", streamId: "s", part: undefined };

const end = (
  error?: Extract<StreamRequest, { kind: "streamEnd" }>["error"],
  streamId = "s",
): StreamRequest => ({ kind: "streamEnd", streamId, error });

const bad: StreamRequest = { kind: "badStream", streamId: "s", message: "Bad." };

const ack = (expectedSequenceId: number) => ({
  kind: "streamAck",
  streamId: "s",
  expectedSequenceId,
});

const closed = (name?: string) =>
  name
    ? { kind: "streamClosed", streamId: "s", error: { name, message: expect.any(String) } }
    : { kind: "streamClosed", streamId: "s" };

const place = (streamSequenceId: number): StreamPosition => ({ streamId: "s", streamSequenceId });

const lastPlace = (streamSequenceId: number, name?: string) => ({
  ...place(streamSequenceId),
  endOfStream: true,
  ...(name && { error: { name, message: expect.any(String) } }),
});

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe("a stream", () => {
  test("the start of a stream is acknowledged, and receivers hear nothing yet", () => {
    const { handle, told, published } = setUp();
    handle(start());
    expect(told).toEqual([ack(1)]);
    expect(published).toEqual([]);
  });

  test.each(["u", null])("reaches the group in order, from the user %j", (userId) => {
    const { handle, told, published } = setUp({ userId });
    for (const request of [start(), part(1), part(2)]) handle(request);
    expect(told).toEqual([ack(1), ack(2), ack(3)]);
    expect(published).toEqual(
      [1, 2].map((id) => ({
        from: "group",
        group: "g",
        fromUserId: userId,
        payload: text(`part ${id}`),
        stream: place(id),
      })),
    );
  });

  test("ends with an empty text under the next number and closes without an error", () => {
    const { handle, told, published } = setUp();
    for (const request of [start(), part(1), end()]) handle(request);
    expect(told.at(-1)).toEqual(closed());
    expect(published.at(-1)).toMatchObject({ payload: text(""), stream: lastPlace(2) });
    expect(published.at(-1)?.stream).not.toHaveProperty("error");
  });

  test.each([
    { message: "Full.", userErrorCode: "E7" },
    { message: undefined, userErrorCode: "E7" },
    {},
  ])("can end with the user's error %j, which is no error of the publisher's", (error) => {
    const { handle, told, positions } = setUp();
    for (const request of [start(), end(error)]) handle(request);
    expect(positions()).toEqual([{ ...lastPlace(1), error: { name: "UserError", ...error } }]);
    expect(told.at(-1)).toEqual(closed());
  });

  test("may be started again under the same id after its end", () => {
    const { handle, told } = setUp();
    for (const request of [start(), part(1), end(), start(), part(1)]) handle(request);
    expect(told.slice(-2)).toEqual([ack(1), ack(2)]);
  });

  test.each([true, false])("keeps its echo from the publisher: %j", (noEcho) => {
    const { handle, noEchoes } = setUp();
    for (const request of [start("s", "g", noEcho), part(1), end()]) handle(request);
    expect(noEchoes).toEqual([noEcho, noEcho]);
  });

  test("one stream does not disturb another one", () => {
    const { handle, told, published } = setUp();
    for (const request of [start("a"), start("b"), part(1, "a"), end(undefined, "a")]) {
      handle(request);
    }
    handle(part(1, "b"));
    expect(told.at(-1)).toEqual({ ...ack(2), streamId: "b" });
    expect(published.at(-1)?.stream).toEqual({ streamId: "b", streamSequenceId: 1 });
  });
});

describe("a stream of two parts", () => {
  function afterTwoParts(): Scene {
    const scene = setUp();
    for (const request of [start(), part(1), part(2)]) scene.handle(request);
    scene.forget();
    return scene;
  }

  const nack = { ...ack(3), kind: "streamNack", name: "InvalidSequenceId" };

  test.each<[string, StreamRequest, unknown[], unknown[]]>([
    ["the next part is published", part(3), [ack(4)], [place(3)]],
    ["a part sent twice is only acknowledged", part(2), [ack(3)], []],
    ["an older part is only acknowledged", part(1), [ack(3)], []],
    ["a gap is refused", part(4), [expect.objectContaining(nack)], []],
    ["a keep-alive says nothing to anybody", keepAlive, [], []],
    ["a second start is refused", start(), [closed("BadRequest")], []],
    ["part 0 ends it", part(0), [closed("BadRequest")], [lastPlace(3, "Cancelled")]],
    ["a bad request ends it", bad, [closed("BadRequest")], [lastPlace(3, "Cancelled")]],
  ])("after two parts of a stream: %s", (_title, request, told, positions) => {
    const scene = afterTwoParts();
    scene.handle(request);
    expect(scene.told).toEqual(told);
    expect(scene.positions()).toEqual(positions);
  });

  test.each([part(4), part(2), start(), keepAlive])("a stream goes on after %j", (request) => {
    const scene = afterTwoParts();
    scene.handle(request);
    scene.forget();
    scene.handle(part(3));
    expect(scene.told).toEqual([ack(4)]);
    expect(scene.positions()).toEqual([place(3)]);
  });

  test.each([part(0), bad, end()])("a stream is gone after %j", (request) => {
    const scene = afterTwoParts();
    scene.handle(request);
    scene.handle(part(3));
    expect(scene.told.at(-1)).toEqual(closed("StreamNotFound"));
  });

  test.each([part(3), keepAlive])("a lost role ends a stream at %j", (request) => {
    const scene = afterTwoParts();
    scene.groups.clear();
    scene.handle(request);
    expect(scene.told).toEqual([closed("Forbidden")]);
    expect(scene.positions()).toEqual([lastPlace(3, "Forbidden")]);
  });

  test("a stream can be ended although the role was lost", () => {
    const scene = afterTwoParts();
    scene.groups.clear();
    scene.handle(end());
    expect(scene.told).toEqual([closed()]);
    expect(scene.positions()).toEqual([lastPlace(3)]);
  });
});

// The official client rejects what it is about when the answer overtakes the end of its own write.
test("streamClosed leaves the turn, and what else is answered overtakes it", () => {
  const { streams, told } = setUp();
  for (const request of [start(), part(1), end(), start("t")]) streams.handle(request);
  expect(told).toEqual([ack(1), ack(2), { ...ack(1), streamId: "t" }]);
  jest.advanceTimersByTime(closingDelayInMs);
  expect(told.at(-1)).toEqual(closed());
});

test("a streamClosed that is on its way when the connection ends is not sent any more", () => {
  const { streams, told } = setUp();
  for (const request of [start(), end()]) streams.handle(request);
  streams.close();
  expect(jest.getTimerCount()).toBe(0);
  expect(told).toEqual([ack(1)]);
});

describe("idleness", () => {
  test("an idle stream is ended for both sides", () => {
    const { streams, told, positions } = setUp();
    streams.handle(start());
    streams.handle(part(1));
    jest.advanceTimersByTime(idleTimeoutInMs - 1);
    expect(told).toHaveLength(2);
    jest.advanceTimersByTime(1 + closingDelayInMs);
    expect(told.at(-1)).toEqual(closed("IdleTimeout"));
    expect(positions().at(-1)).toEqual(lastPlace(2, "IdleTimeout"));
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([
    ["a part", part(1), true],
    ["a keep-alive", keepAlive, true],
    ["a part that leaves a gap", part(2), false],
  ])("counts from %s: %#", (_title, request, isActivity) => {
    const { streams, positions } = setUp();
    streams.handle(start());
    jest.advanceTimersByTime(idleTimeoutInMs - 1);
    streams.handle(request);
    jest.advanceTimersByTime(1);
    expect(positions().some((position) => position?.endOfStream)).toBe(!isActivity);
  });

  test("the idle timer of a stream does not keep the process alive, and ends with the stream", () => {
    const { streams, handle } = setUp();
    const setTimeout = jest.spyOn(globalThis, "setTimeout");
    streams.handle(start());
    expect(setTimeout.mock.results[0]?.value.hasRef()).toBe(false);
    handle(end());
    expect(jest.getTimerCount()).toBe(0);
    setTimeout.mockRestore();
  });
});

describe("refused starts", () => {
  test.each([
    ["without the role", start("s", "other"), "Forbidden"],
    ["without an id", start(""), "BadRequest"],
    ["with an endless id", start("s".repeat(1025)), "BadRequest"],
  ])("a start is refused %s", (_title, request, name) => {
    const { handle, told, published } = setUp();
    handle(request);
    expect(told).toEqual([{ ...closed(name), streamId: request.streamId }]);
    expect(published).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("a start is refused when too many streams are open, until one of them ends", () => {
    const { streams, handle, told } = setUp();
    for (let id = 0; id < 1000; id += 1) streams.handle(start(`s${id}`));
    handle(start());
    expect(told.at(-1)).toEqual(closed("BadRequest"));
    handle(end(undefined, "s0"));
    handle(start());
    expect(told.at(-1)).toEqual(ack(1));
  });
});

test.each([part(1), keepAlive, end()])("a stream nobody started is not found: %j", (request) => {
  const { handle, told, published } = setUp();
  handle(request);
  expect(told).toEqual([closed("StreamNotFound")]);
  expect(published).toEqual([]);
});

test("a bad request for no stream is answered all the same", () => {
  const { handle, told } = setUp();
  handle(bad);
  expect(told).toEqual([closed("BadRequest")]);
});

test("the end of the connection cancels what is open, once, and nothing follows", () => {
  const { streams, handle, told, positions, forget } = setUp();
  for (const request of [start("a"), start(), part(1)]) handle(request);
  forget();
  streams.close();
  streams.close();
  for (const request of [part(2), start("b")]) handle(request);
  expect(positions()).toEqual([
    { ...lastPlace(1, "Cancelled"), streamId: "a" },
    lastPlace(2, "Cancelled"),
  ]);
  expect(told).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
});

test("a receiver that ends the publisher while it gets a part gets the end after it", () => {
  const positions: (StreamPosition | undefined)[] = [];
  const streams: Streams = new Streams({
    userId: "u",
    allows: () => true,
    send: () => {},
    publish: ({ stream }) => {
      positions.push(stream);
      streams.close();
    },
  });
  streams.handle(start());
  streams.handle(part(1));
  expect(positions).toEqual([place(1), lastPlace(2, "Cancelled")]);
});
