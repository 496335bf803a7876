import { parseCron } from "../../src/kit/cron.ts";

const start = new Date("2026-11-29T23:50:24.500Z");

it.each<[string, string[]]>([
  ["*/5 * * * * *", ["2026-11-29T23:50:25.000Z", "2026-11-29T23:50:30.000Z"]],
  ["30 3 * * *", ["2026-11-30T03:30:00.000Z", "2026-12-01T03:30:00.000Z"]],
  ["@hourly", ["2026-11-30T00:00:00.000Z", "2026-11-30T01:00:00.000Z"]],
  ["0 0 9 ? JAN,mar Mon-Fri", ["2027-01-01T09:00:00.000Z", "2027-01-04T09:00:00.000Z"]],
  ["0 0 0 1 * 1", ["2027-02-01T00:00:00.000Z", "2027-03-01T00:00:00.000Z"]],
  ["0 0 0 29 2 *", ["2028-02-29T00:00:00.000Z", "2032-02-29T00:00:00.000Z"]],
  ["0 0 0 L * *", ["2026-11-30T00:00:00.000Z", "2026-12-31T00:00:00.000Z"]],
  ["0 0 0 * * 5#2", ["2026-12-11T00:00:00.000Z", "2027-01-08T00:00:00.000Z"]],
])("the cron expression %s runs when it says, in UTC", (text, expected) => {
  const runs = parseCron(text)?.nextRuns(2, start);
  expect(runs?.map((run) => run.toISOString())).toEqual(expected);
});

it.each([
  ["nothing", ""],
  ["a sentence", "every 5 s"],
  ["too few fields", "* * * *"],
  ["a field for years", "* * * * * * *"],
  ["a date", "2099-12-01T00:00:00"],
  ["a second that no minute has", "60 * * * * *"],
  ["a step of nothing", "*/0 * * * * *"],
  ["30 February", "0 0 0 30 2 *"],
  ["the first that is a fifth Monday", "0 0 0 1 * 1#5"],
  ["an event of the system", "@reboot"],
])("%s is no cron expression", (_, text) => {
  expect(parseCron(text)).toBeUndefined();
});
