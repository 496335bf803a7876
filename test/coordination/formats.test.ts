import { parseRecord, writeRecord } from "../../src/coordination/agreement-record.ts";
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
    const text = writeHeartbeat(endpoints, 3);
    expect(parseHeartbeat(text)).toEqual(expect.objectContaining({ sequence: 3, endpoints }));
    expect(parseHeartbeat(ofFormatBefore(text)).endpoints).toEqual([]);
  });
});
