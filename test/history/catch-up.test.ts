import { lackOf, reasonToWithhold } from "../../src/history/catch-up.ts";

const at = (text: string) => {
  const [epoch = "", offset] = text.split(":");
  return { epoch, offset: Number(offset) };
};

describe("a client lacks", () => {
  it.each<[string, { since: string; seen?: string; top: string }, unknown]>([
    ["nothing at the top", { since: "A:7", top: "A:7" }, 0],
    ["nothing of a stream without messages", { since: "A:0", top: "A:0" }, 0],
    ["one message", { since: "A:6", top: "A:7" }, 1],
    ["all there are", { since: "A:0", top: "A:7" }, 7],
    ["as many as one answer holds", { since: "A:0", top: "A:1000" }, 1000],
    ["what it has seen of it as well", { since: "A:5", seen: "A:7", top: "A:7" }, 2],
    [
      "what it has, since what it has seen was of another epoch",
      { since: "A:5", seen: "B:9", top: "A:7" },
      2,
    ],
  ])("%s", (_, { since, seen, top }, lack) => {
    expect(lackOf({ since: at(since), seen: seen ? at(seen) : undefined }, at(top))).toBe(lack);
  });

  it.each<[string, { since: string; seen?: string; top: string }, string]>([
    ["one more than an answer holds", { since: "A:0", top: "A:1001" }, "too-far"],
    ["another epoch", { since: "A:7", top: "B:7" }, "epoch"],
    ["another epoch, of which there is nothing yet", { since: "A:7", top: "B:0" }, "epoch"],
    ["a stream that has forgotten its tail", { since: "A:8", top: "A:7" }, "epoch"],
    ["one that has forgotten what it has seen", { since: "A:5", seen: "A:8", top: "A:7" }, "epoch"],
  ])("more than can be told: %s", (_, { since, seen, top }, reason) => {
    expect(lackOf({ since: at(since), seen: seen ? at(seen) : undefined }, at(top))).toBe(reason);
  });
});

describe("messages in a row", () => {
  const since = 1_000_000;
  it.each<[string, { bytes: number; oldestAt: number }, string | undefined]>([
    ["from after the client was let in are given", { bytes: 1, oldestAt: since }, undefined],
    [
      "from just before it too, since clocks differ",
      { bytes: 1, oldestAt: since - 5000 },
      undefined,
    ],
    ["from yesterday are not", { bytes: 1, oldestAt: since - 5001 }, "forbidden"],
    [
      "of as many bytes as an answer holds are given",
      { bytes: 2 ** 20, oldestAt: since },
      undefined,
    ],
    ["of one more are not", { bytes: 2 ** 20 + 1, oldestAt: since }, "too-far"],
  ])("%s", (_, run, reason) => {
    expect(reasonToWithhold(run, since)).toBe(reason);
  });
});
