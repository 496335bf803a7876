import { type Segment, segmentsToRead, type Wanted } from "../../src/history/entry-segments.ts";

const range = (text: string): Segment => {
  const [from = 0, to = 0] = text.split("-").map(Number);
  return { from, to };
};
const wanted = (text: string): Wanted => ({
  ...range(text.replace("tail ", "")),
  isTail: text.startsWith("tail"),
});

describe("what is read of a stream", () => {
  it.each<[string, { wanted: string[]; cached?: string; read: string }]>([
    ["the first entry apart", { wanted: ["3-9"], read: "3-3 4-9" }],
    ["one entry", { wanted: ["9-9"], read: "9-9" }],
    ["nothing twice for a herd", { wanted: ["3-9", "3-9", "3-9"], read: "3-3 4-9" }],
    ["nothing twice for two places", { wanted: ["3-9", "6-9"], read: "3-3 4-5 6-6 7-9" }],
    ["nothing twice for two ends", { wanted: ["3-8", "3-9"], read: "3-3 4-8 9-9" }],
    ["nothing between two that are apart", { wanted: ["1-2", "8-9"], read: "1-1 2-2 8-8 9-9" }],
    ["nothing that is cached", { wanted: ["3-9"], cached: "1-9", read: "" }],
    ["what is before the cached", { wanted: ["3-9"], cached: "6-9", read: "3-3 4-5" }],
    ["what is behind the cached", { wanted: ["3-9"], cached: "2-6", read: "7-9" }],
    ["what is around the cached", { wanted: ["3-9"], cached: "5-6", read: "3-3 4-4 7-9" }],
    ["all where the cached is elsewhere", { wanted: ["7-9"], cached: "1-3", read: "7-7 8-9" }],
    ["each of a tail", { wanted: ["tail 6-9"], read: "6-6 7-7 8-8 9-9" }],
    ["each of a tail that is not cached", { wanted: ["tail 6-9"], cached: "1-7", read: "8-8 9-9" }],
  ])("%s", (_, { wanted: asked, cached, read }) => {
    const segments = segmentsToRead(asked.map(wanted), cached ? range(cached) : undefined);
    expect(segments.map(({ from, to }) => `${from}-${to}`).join(" ")).toBe(read);
  });
});
