import type { HistoryEntry, RangeQuestion } from "../../src/contract/history-store.ts";
import { EntryRun } from "../../src/history/cached-entries.ts";
import { EntryCache } from "../../src/history/entry-cache.ts";

const entry = (offset: number, difference: Partial<HistoryEntry> = {}): HistoryEntry => ({
  offset,
  id: `id${offset}`,
  dataType: "text",
  data: `m${offset}`,
  loggedAt: 1000 + offset,
  ...difference,
});

/** A cache of a store that holds the entries of epoch A of every stream. */
function over(entries: readonly HistoryEntry[], bytes?: number) {
  const calls: string[] = [];
  const byOffset = new Map(entries.map((one) => [one.offset, one]));
  const store = { fails: false, delay: Promise.resolve() };
  const ask = async (questions: readonly RangeQuestion[]) => {
    calls.push(questions.map(({ stream, from, to }) => `${stream} ${from}-${to}`).join(", "));
    await store.delay;
    if (store.fails) throw new Error("away");
    return questions.map(({ epoch, from, to }) => {
      const found: HistoryEntry[] = [];
      for (let offset = from; offset <= to; offset += 1) {
        const one = epoch === "A" ? byOffset.get(offset) : undefined;
        if (one === undefined) return undefined;
        found.push(one);
      }
      return found;
    });
  };
  const cache = new EntryCache(ask, bytes);
  const read = async (
    from: number,
    to: number,
    { stream = "a", epoch = "A", isTail = false } = {},
  ) => {
    const found = await cache.read({ stream, epoch, from, to, isTail });
    return found instanceof EntryRun ? offsetsOf(found) : found;
  };
  return { cache, calls, read, store, byOffset };
}

const offsetsOf = (run: EntryRun) => run.entries.map(({ offset }) => offset).join(" ");
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const all = (from: number, to: number) => numbers(from, to).map((offset) => entry(offset));

describe("entries are read", () => {
  it("once for a herd at one place", async () => {
    const { calls, read } = over(all(1, 9));
    const herd = await Promise.all(Array.from({ length: 50 }, () => read(6, 9)));
    expect(new Set(herd)).toEqual(new Set(["6 7 8 9"]));
    expect(calls).toEqual(["a 6-6, a 7-9"]);
  });

  it("once for a herd at several places", async () => {
    const { calls, read } = over(all(1, 9));
    expect(await Promise.all([read(6, 9), read(8, 9), read(6, 9)])).toEqual([
      "6 7 8 9",
      "8 9",
      "6 7 8 9",
    ]);
    expect(calls).toEqual(["a 6-6, a 7-7, a 8-8, a 9-9"]);
  });

  it("in one call for several streams", async () => {
    const { calls, read } = over(all(1, 2));
    await Promise.all([read(1, 2), read(1, 2, { stream: "g:news" })]);
    expect(calls).toEqual(["a 1-1, a 2-2, g:news 1-1, g:news 2-2"]);
  });

  it("not again by who comes later, but for what was logged meanwhile", async () => {
    const { calls, read } = over(all(1, 9));
    await read(5, 8);
    expect(await read(6, 8)).toBe("6 7 8");
    expect(await read(6, 9)).toBe("6 7 8 9");
    expect(await read(5, 8)).toBe("5 6 7 8");
    expect(calls).toEqual(["a 5-5, a 6-8", "a 9-9"]);
  });

  it("not again by who comes while they are being read", async () => {
    const { calls, read, store } = over(all(1, 9));
    store.delay = new Promise((resolve) => setTimeout(resolve, 20));
    const first = read(6, 9);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await Promise.all([first, read(6, 9), read(7, 9)])).toEqual([
      "6 7 8 9",
      "6 7 8 9",
      "7 8 9",
    ]);
    expect(calls).toHaveLength(1);
  });

  it("again after the store has failed", async () => {
    const { read, store } = over(all(1, 9));
    store.fails = true;
    await expect(Promise.all([read(6, 9), read(7, 9)])).rejects.toThrow("away");
    store.fails = false;
    expect(await read(6, 9)).toBe("6 7 8 9");
  });
});

describe("nothing is given of a row in which", () => {
  const without = (...missing: number[]) =>
    all(1, 9).filter(({ offset }) => !missing.includes(offset));
  it.each<[string, readonly HistoryEntry[], string]>([
    ["the first is missing", without(4), "trimmed"],
    ["the first are missing", without(4, 5), "trimmed"],
    ["all are missing", [], "trimmed"],
    ["one in the middle is missing", without(6), "hole"],
    ["the last is missing", without(9), "hole"],
    ["one cannot be read", [...without(6), entry(6, { dataType: "json", data: "{" })], "hole"],
    [
      "the first cannot be read",
      [...without(4), entry(4, { dataType: "json", data: "{" })],
      "hole",
    ],
  ])("%s", async (_, entries, reason) => {
    expect(await over(entries).read(4, 9)).toBe(reason);
  });

  it("the entries are of another epoch", async () => {
    const { read } = over(all(1, 9));
    expect(await read(4, 9)).toBe("4 5 6 7 8 9");
    expect(await read(4, 9, { epoch: "B" })).toBe("trimmed");
  });

  it("one is missing, to one of a herd, while others have all of theirs", async () => {
    const { read } = over(without(5));
    expect(await Promise.all([read(4, 9), read(6, 9), read(5, 9)])).toEqual([
      "hole",
      "6 7 8 9",
      "trimmed",
    ]);
  });
});

describe("who joins gets of the last entries", () => {
  it.each<[string, readonly HistoryEntry[], string]>([
    ["all", all(1, 9), "6 7 8 9"],
    ["those that are still there", all(8, 9), "8 9"],
    ["those behind a hole", [...all(1, 7), entry(9)], "9"],
    ["none where there is none", [], ""],
  ])("%s", async (_, entries, offsets) => {
    expect(await over(entries).read(6, 9, { isTail: true })).toBe(offsets);
  });
});

describe("an entry is written", () => {
  const jsonOf = async (difference: Partial<HistoryEntry>, connections: string[] = []) => {
    const { cache } = over([entry(1, difference), entry(2)]);
    const run = await cache.read({ stream: "a", epoch: "A", from: 1, to: 2, isTail: false });
    return JSON.parse(`[${(run as EntryRun).jsonFor(connections)}]`);
  };
  const second = { o: 2, id: "id2", t: "text", d: "m2" };
  const excluded = { excluded: ["x", "y"] };

  it.each<[string, Partial<HistoryEntry>, string[], object]>([
    [
      "as text",
      { data: 'quote " and \u2028' },
      [],
      { o: 1, id: "id1", t: "text", d: 'quote " and \u2028' },
    ],
    [
      "as JSON",
      { dataType: "json", data: '{"a":[1]}' },
      [],
      { o: 1, id: "id1", t: "json", d: { a: [1] } },
    ],
    [
      "as bytes",
      { dataType: "binary", data: "AAE=" },
      [],
      { o: 1, id: "id1", t: "binary", d: "AAE=" },
    ],
    [
      "with who published it",
      { fromUserId: 'a"b' },
      [],
      { o: 1, id: "id1", t: "text", d: "m1", u: 'a"b' },
    ],
    [
      "as a place alone for a connection that was not sent it",
      excluded,
      ["z", "y"],
      { o: 1, skip: 1 },
    ],
    ["in full for any other", excluded, ["z"], { o: 1, id: "id1", t: "text", d: "m1" }],
  ])("%s", async (_, difference, connections, written) => {
    expect(await jsonOf(difference, connections)).toEqual([written, second]);
  });
});

describe("what is kept is bounded", () => {
  it("in bytes: the streams that were read longest ago make room", async () => {
    const { cache, calls, read } = over(all(1, 9), 10_000);
    for (let index = 0; index < 100; index += 1) await read(1, 9, { stream: `g:${index}` });
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
    const before = calls.length;
    await read(1, 9, { stream: "g:99" });
    expect(calls).toHaveLength(before);
    await read(1, 9, { stream: "g:0" });
    expect(calls).toHaveLength(before + 1);
  });

  it("in entries of a stream, of which the last are kept", async () => {
    const { calls, read } = over(all(1, 1400));
    for (let to = 100; to <= 1400; to += 100) await read(to - 99, to);
    await read(401, 1400);
    expect(calls).toHaveLength(14);
    await read(301, 400);
    expect(calls).toHaveLength(15);
  });

  it("in answers for places to go on from", async () => {
    const { cache, read } = over(all(1, 300));
    await read(1, 300);
    for (const from of numbers(1, 300))
      expect(await read(from, 300)).toBe(numbers(from, 300).join(" "));
    expect(cache.bytes).toBeLessThan(33 * 300 * 60 + 300 * 300);
  });

  it("an entry that is larger than all of it is given, and not kept", async () => {
    const { cache, read } = over([entry(1, { data: "x".repeat(20_000) })], 10_000);
    expect(await read(1, 1)).toBe("1");
    expect(cache.bytes).toBe(0);
  });
});
