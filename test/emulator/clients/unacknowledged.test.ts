import { Backlog } from "../../../src/emulator/clients/backlog.ts";
import { Unacknowledged } from "../../../src/emulator/clients/unacknowledged.ts";
import type { Frame } from "../../../src/emulator/protocol/message.ts";

const never = Number.POSITIVE_INFINITY;
const frame = (text: string): Frame => ({ data: Buffer.from(text), isBinary: false });
const texts = (frames: Iterable<{ frame: Frame }>) =>
  [...frames].map(({ frame: { data } }) => data.toString());

describe("unacknowledged messages", () => {
  const setUp = (limits = { messages: 3, bytes: 100 }) => {
    const unacknowledged = new Unacknowledged(limits);
    const add = (text: string, expiresAt = never, now = 0) =>
      unacknowledged.add(frame(text), expiresAt, now)?.sequenceId;
    return { unacknowledged, add };
  };

  test("unacknowledged messages are numbered from 1 and wait in order", () => {
    const { unacknowledged, add } = setUp();
    expect([add("a"), add("b")]).toEqual([1, 2]);
    expect(texts(unacknowledged.pending(0))).toEqual(["a", "b"]);
  });

  test.each([
    [0, ["a", "b", "c"]],
    [1, ["b", "c"]],
    [2, ["c"]],
    [3, []],
    [99, []],
  ])(
    "an ack of %d removes the unacknowledged messages up to and including it",
    (sequenceId, left) => {
      const { unacknowledged, add } = setUp();
      for (const text of ["a", "b", "c"]) add(text);
      unacknowledged.acknowledge(sequenceId);
      expect(texts(unacknowledged.pending(0))).toEqual(left);
    },
  );

  test("the number of unacknowledged messages is limited", () => {
    const { unacknowledged, add } = setUp();
    for (const text of ["a", "b", "c"]) add(text);
    expect(add("d")).toBeUndefined();
    unacknowledged.acknowledge(1);
    expect(add("d")).toBe(4);
  });

  test("the size of unacknowledged messages is limited", () => {
    const { unacknowledged, add } = setUp({ messages: 10, bytes: 4 });
    expect(add("abc")).toBe(1);
    expect(add("de")).toBeUndefined();
    unacknowledged.acknowledge(1);
    expect(add("de")).toBe(2);
  });

  test("unacknowledged messages are dropped when they expire, also to make room", () => {
    const { unacknowledged, add } = setUp();
    add("a", 1000);
    add("b");
    add("c", 1000);
    expect(texts(unacknowledged.pending(999))).toEqual(["a", "b", "c"]);
    expect(add("d", never, 1000)).toBe(4);
    expect(texts(unacknowledged.pending(1000))).toEqual(["b", "d"]);
  });
});

describe("a backlog", () => {
  test("a backlog returns frames in order and skips the expired ones", () => {
    const backlog = new Backlog({ messages: 9, bytes: 99 });
    backlog.add(frame("a"), 1000);
    backlog.add(frame("b"), never);
    expect(backlog.isEmpty).toBe(false);
    expect(backlog.take(1000)?.data.toString()).toBe("b");
    expect(backlog.take(1000)).toBeUndefined();
    expect(backlog.isEmpty).toBe(true);
  });

  test.each([
    ["too many", { messages: 2, bytes: 99 }, ["a", "b"], "c"],
    ["too large", { messages: 9, bytes: 4 }, ["abc"], "de"],
  ])("refuses what is %s, until there is room", (_what, limits, kept, next) => {
    const backlog = new Backlog(limits);
    for (const text of kept) expect(backlog.add(frame(text), never)).toBe(true);
    expect(backlog.add(frame(next), never)).toBe(false);
    backlog.take(0);
    expect(backlog.add(frame(next), never)).toBe(true);
  });

  test("a backlog has room again when it is cleared", () => {
    const backlog = new Backlog({ messages: 1, bytes: 1 });
    backlog.add(frame("a"), never);
    backlog.clear();
    expect(backlog.add(frame("b"), never)).toBe(true);
    expect(backlog.take(0)?.data.toString()).toBe("b");
  });
});
