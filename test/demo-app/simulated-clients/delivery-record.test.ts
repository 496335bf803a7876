import {
  type DeliveryChange,
  DeliveryRecord,
} from "../../../demo-app/simulated-clients/delivery-record.ts";

const TELL = "told";
type Heard = number | typeof TELL;

const cases: [what: string, heard: Heard[], counts: Partial<DeliveryChange>][] = [
  ["nothing, when each number follows the last", [7, 8, 9], { sent: 3 }],
  ["what was left out, when a later number is heard", [1, 4], { sent: 4, missed: 2 }],
  ["nothing missed, when it arrives after all", [1, 3, 2], { sent: 3, outOfOrder: 1 }],
  ["what is heard twice", [1, 2, 2, 1], { sent: 2, doubled: 2 }],
  ["what the first one has overtaken", [5, 3], { sent: 3, missed: 1, outOfOrder: 1 }],
  ["what is missed after the client was told so", [1, TELL, 4], { sent: 4, missed: 2 }],
];

const UNTOLD: [what: string, heard: Heard[], missedUntold: number][] = [
  ["a gap that nobody has told of", [1, 4], 2],
  ["a gap that was told", [1, TELL, 4], 0],
  ["a gap after the next message, of which nobody has told", [1, TELL, 4, 6], 1],
  ["an inversion, which is a gap at first", [1, 3, 2], 1],
];

function countsOf(heard: readonly Heard[]): DeliveryChange {
  const record = new DeliveryRecord();
  const counts = { sent: 0, missed: 0, missedUntold: 0, replayed: 0, doubled: 0, outOfOrder: 0 };
  for (const it of heard) {
    if (it === TELL) {
      record.tell();
      continue;
    }
    const change = record.hear({ server: "eastus", number: it, isReplayed: false });
    for (const name of Object.keys(counts) as (keyof DeliveryChange)[])
      counts[name] += change[name];
  }
  return counts;
}

describe("the record of the broadcasts that a client has heard", () => {
  it.each(cases)("counts %s", (_what, heard, expected) => {
    const { missedUntold: _untold, ...counts } = countsOf(heard);
    const nothing = { sent: 0, missed: 0, replayed: 0, doubled: 0, outOfOrder: 0 };
    expect(counts).toEqual({ ...nothing, ...expected });
  });

  it.each(UNTOLD)("counts as untold %s", (_what, heard, missedUntold) => {
    expect(countsOf(heard).missedUntold).toBe(missedUntold);
  });

  it("counts what came from the history", () => {
    const record = new DeliveryRecord();
    const change = record.hear({ server: "eastus", number: 3, isReplayed: true });
    expect(change).toMatchObject({ sent: 1, replayed: 1, missed: 0 });
  });

  it("follows the numbers of each app server by themselves", () => {
    const record = new DeliveryRecord();
    record.hear({ server: "eastus", number: 3, isReplayed: false });
    record.hear({ server: "westus", number: 9, isReplayed: false });
    const change = record.hear({ server: "eastus", number: 4, isReplayed: false });
    expect(change).toMatchObject({ sent: 1, missed: 0, doubled: 0 });
  });

  it("remembers the last thousand that are missing, and counts all", () => {
    const record = new DeliveryRecord();
    record.hear({ server: "eastus", number: 1, isReplayed: false });
    const gap = record.hear({ server: "eastus", number: 5002, isReplayed: false });
    expect(gap).toMatchObject({ sent: 5001, missed: 5000 });
    const late = record.hear({ server: "eastus", number: 4900, isReplayed: false });
    expect(late).toMatchObject({ missed: -1, outOfOrder: 1 });
  });
});
