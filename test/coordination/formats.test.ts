import { isSpoilt, parseRecord, writeRecord } from "../../src/coordination/agreement-record.ts";
import { parseHeartbeat, writeHeartbeat } from "../../src/coordination/heartbeat.ts";
import { agreement, observation } from "./support/observations.ts";

/** The same text, as a server of the version before this one writes it. */
const ofFormatBefore = (text: string): string => text.replace('"format":2', '"format":1');

describe("a text in the store that another version wrote", () => {
  it("is refused when it is the record", () => {
    const record = { agreement: agreement("3 east"), leader: "me", renewals: 7 };
    const text = writeRecord(record);
    expect(parseRecord(text)).toEqual(expect.objectContaining(record));
    expect(() => parseRecord(ofFormatBefore(text))).toThrow(
      expect.objectContaining({ code: "ERR_STORE_UNREADABLE" }),
    );
  });

  it("counts as knowing no endpoint when it is a heartbeat", () => {
    const endpoints = observation("east+ west- north~ south?");
    const text = writeHeartbeat({ sequence: 3, endpoints: endpoints });
    expect(parseHeartbeat(text)).toEqual(expect.objectContaining({ sequence: 3, endpoints }));
    expect(parseHeartbeat(ofFormatBefore(text)).endpoints).toEqual([]);
  });
});

const record = { agreement: agreement("3 east"), leader: "me", renewals: 7 };

/** The text of a record of which something was changed by somebody else. */
function spoilt(change: (record: Record<string, unknown>) => void): string {
  const copy = JSON.parse(writeRecord(record));
  change(copy);
  return JSON.stringify(copy);
}

const withEpoch = (json: string): string =>
  writeRecord(record).replace('"epoch":3', `"epoch":${json}`);

describe("the number of an agreement in the store", () => {
  it.each(["1", "3", "4503599627370495", "4503599627370496"])(
    "is believed when it is %s",
    (json) => {
      expect(parseRecord(withEpoch(json))).toMatchObject({ agreement: { epoch: Number(json) } });
    },
  );

  it.each([
    "0",
    "-1",
    "-0.5",
    "1.5",
    "4503599627370497",
    "9007199254740991",
    "9007199254740992",
    "1e300",
    "1e999",
    "null",
    '"3"',
    "[3]",
    "true",
    '"\\u001b[31m"',
  ])("spoils the record when it is %s", (json) => {
    const found = parseRecord(withEpoch(json));
    expect(isSpoilt(found)).toBe(true);
    expect(found).toMatchObject({ error: { code: "ERR_STORE_UNREADABLE" } });
    expect((found as { error: Error }).error.message).not.toMatch(/\p{Cc}/u);
  });
});

describe("what only counts or informs in the record", () => {
  it.each<[string, (record: Record<string, unknown>) => void, object]>([
    ["renewals at the end of all numbers", (of) => (of.renewals = 2 ** 53 - 1), { renewals: 0 }],
    ["negative renewals", (of) => (of.renewals = -1), { renewals: 0 }],
    ["no renewals", (of) => delete of.renewals, { renewals: 0 }],
    ["doubts that are none", (of) => (of.doubts = "many"), { doubts: 0 }],
    [
      "a time that is none",
      (of) => ((of.agreement as { since: unknown }).since = 1e300),
      { agreement: { since: 0 } },
    ],
  ])("is left out when it cannot be true: %s", (_, change, expected) => {
    expect(parseRecord(spoilt(change))).toMatchObject({ leader: "me", ...expected });
  });
});

describe("a record that another version, or somebody else, may have written", () => {
  it.each<[string, string]>([
    ["no JSON", "\u001b[31mred"],
    ["nothing", ""],
    ["null", "null"],
    ["another format", spoilt((of) => (of.format = 3))],
    ["a reason of the future", writeRecord(record).replace('"first"', '"future"')],
    ["no leader", spoilt((of) => delete of.leader)],
    ["more than servers write", spoilt((of) => (of.leader = "x".repeat(70_000)))],
  ])("is not understood: %s", (_, text) => {
    const parse = () => parseRecord(text);
    expect(parse).toThrow(expect.objectContaining({ code: "ERR_STORE_UNREADABLE" }));
    expect(parse).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ message: expect.not.stringMatching(/\p{Cc}/u) }),
      }),
    );
  });
});

describe("what would be longer than servers read", () => {
  const endpoints = observation(
    Array.from({ length: 2_000 }, (_, at) => `endpoint${at}+`).join(" "),
  );

  it("is not written", () => {
    const refused = expect.objectContaining({ code: "ERR_STORE_REFUSED" });
    expect(() => writeHeartbeat({ sequence: 1, endpoints: endpoints })).toThrow(refused);
    expect(() => writeRecord({ ...record, leader: "x".repeat(70_000) })).toThrow(refused);
  });

  it("counts as knowing no endpoint when it is a heartbeat", () => {
    const text = JSON.stringify({ format: 2, sequence: 1, endpoints });
    expect(parseHeartbeat(text).endpoints).toEqual([]);
  });
});
