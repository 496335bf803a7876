import { readRetryAfter } from "../../src/client/negotiate.ts";

const now = Date.UTC(2030, 0, 1, 12, 0, 0);

it.each([
  ["nothing", null, undefined],
  ["an empty one", " ", undefined],
  ["seconds", "20", 20_000],
  ["no time", "0", 0],
  ["a date", "Tue, 01 Jan 2030 12:00:30 GMT", 30_000],
  ["a date that is over", "Tue, 01 Jan 2030 11:00:00 GMT", 0],
  ["less than nothing", "-5", 0],
  ["a word", "soon", undefined],
  ["for ever", "Infinity", undefined],
  ["more than a number", "1e999", undefined],
])("Retry-After: %s", (_, value, expected) => {
  expect(readRetryAfter(value, now)).toBe(expected);
});
