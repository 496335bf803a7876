import { parseRetryAfter } from "../../src/kit/retry-after.ts";

const now = Date.UTC(2030, 0, 1, 12, 0, 0);

it.each<[string, string | null | undefined, number | undefined]>([
  ["no header", undefined, undefined],
  ["no header, as fetch has it", null, undefined],
  ["an empty one", "", undefined],
  ["a blank one", " ", undefined],
  ["seconds", "20", 20_000],
  ["seconds with zeros in front", "007", 7000],
  ["no time", "0", 0],
  ["a date", "Tue, 01 Jan 2030 12:00:30 GMT", 30_000],
  ["a date that is over", "Tue, 01 Jan 2030 11:00:00 GMT", 0],
  ["a day that no month has", "Tue, 99 Jan 2030 12:00:30 GMT", undefined],
  ["a date of another kind", "2030-01-01T12:00:30Z", undefined],
  ["less than nothing", "-5", undefined],
  ["a hexadecimal number", "0x10", undefined],
  ["a number with an exponent", "1e3", undefined],
  ["a fraction", "1.5", undefined],
  ["a word", "soon", undefined],
  ["for ever, as a word", "Infinity", undefined],
])("a Retry-After of %s is read as RFC 9110 has it, or not at all", (_, value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected);
});
