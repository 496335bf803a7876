import fc from "fast-check";
import nodeCron from "node-cron";
import { CronExpression } from "../../src/kit/cron-expression.ts";
import { useFakeTime } from "../support/clean-up.ts";
import { runs } from "../support/runs.ts";

const start = Date.parse("2026-11-29T23:50:24.500Z");
useFakeTime({ now: start });

/** The first runs after a time, as ISO dates. */
function runsOf(text: string, count: number, after = start): string[] | undefined {
  const expression = CronExpression.parse(text);
  const found: string[] = [];
  let time: number | undefined = after;
  while (expression && found.length < count) {
    time = expression.nextRun(time);
    if (time === undefined) return found;
    found.push(new Date(time).toISOString());
  }
  return expression && found;
}

it.each<[string, string[]]>([
  ["*/5 * * * * *", ["2026-11-29T23:50:25.000Z", "2026-11-29T23:50:30.000Z"]],
  ["* * * * * *", ["2026-11-29T23:50:25.000Z", "2026-11-29T23:50:26.000Z"]],
  ["0 */15 22-1 * * *", ["2026-11-30T00:00:00.000Z", "2026-11-30T00:15:00.000Z"]],
  ["30 3 * * *", ["2026-11-30T03:30:00.000Z", "2026-12-01T03:30:00.000Z"]],
  ["@hourly", ["2026-11-30T00:00:00.000Z", "2026-11-30T01:00:00.000Z"]],
  ["0 0 9 ? JAN,mar Mon-Fri", ["2027-01-01T09:00:00.000Z", "2027-01-04T09:00:00.000Z"]],
  ["0 0 0 29 2 *", ["2028-02-29T00:00:00.000Z", "2032-02-29T00:00:00.000Z"]],
  ["0 0 0 29 2 monday", ["2044-02-29T00:00:00.000Z", "2072-02-29T00:00:00.000Z"]],
  ["0 0 0 L * *", ["2026-11-30T00:00:00.000Z", "2026-12-31T00:00:00.000Z"]],
  ["0 0 0 L-3 2 *", ["2027-02-25T00:00:00.000Z", "2028-02-26T00:00:00.000Z"]],
  ["0 0 0 1W * *", ["2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"]],
  ["0 0 0 LW * *", ["2026-11-30T00:00:00.000Z", "2026-12-31T00:00:00.000Z"]],
  ["0 0 0 * * 5#2", ["2026-12-11T00:00:00.000Z", "2027-01-08T00:00:00.000Z"]],
  ["0 0 0 * * 7L", ["2026-12-27T00:00:00.000Z", "2027-01-31T00:00:00.000Z"]],
])("the cron expression %s runs when it says", (text, expected) => {
  expect(runsOf(text, 2)).toEqual(expected);
});

it.each([
  ["nothing", ""],
  ["a sentence", "every 5 s"],
  ["too few fields", "* * * *"],
  ["too many fields", "* * * * * * *"],
  ["a second that no minute has", "60 * * * * *"],
  ["a month that no year has", "0 0 0 1 13 *"],
  ["the 0th", "0 0 0 0 * *"],
  ["a step of nothing", "*/0 * * * * *"],
  ["a step without a range", "5/5 * * * * *"],
  ["a fraction", "*/0.5 * * * * *"],
  ["a negative number", "-1 * * * * *"],
  ["an empty item", "1,,2 * * * * *"],
  ["a sixth Monday", "0 0 0 * * 1#6"],
  ["30 February", "0 0 0 30 2 *"],
  ["the workday nearest to 30 February", "0 0 0 30W 2 *"],
  ["the first that is a fifth Monday", "0 0 0 1 * 1#5"],
  ["a name in the wrong field", "jan * * * * *"],
  ["an unknown nickname", "@reboot"],
  ["something between fields that is no space", "* * * * *\t*"],
])("%s is no cron expression", (_, text) => {
  expect(CronExpression.parse(text)).toBeUndefined();
});

it("an expression of any length is read in a time that grows with it", () => {
  const startedAt = performance.now();
  expect(CronExpression.parse(`${"1,".repeat(50_000)}1 * * * * *`)).toBeDefined();
  expect(CronExpression.parse(`${" ".repeat(50_000)}* * * * * *`)).toBeDefined();
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

describe("cron expressions mean what they mean to node-cron", () => {
  const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
  const step = fc.option(number(1, 12), { nil: undefined }).map((n) => (n ? `/${n}` : ""));
  const range = (min: number, max: number) =>
    fc.tuple(number(min, max), number(min, max), step).map(([a, b, by]) => `${a}-${b}${by}`);
  const field = (min: number, max: number, ...more: fc.Arbitrary<string>[]) =>
    fc.oneof(
      { weight: 4, arbitrary: step.map((by) => `*${by}`) },
      fc
        .array(fc.oneof(number(min, max), range(min, max), ...more), { minLength: 1, maxLength: 3 })
        .map((items) => items.join()),
    );
  const expressions = fc
    .tuple(
      field(0, 59),
      field(0, 59),
      field(0, 23),
      field(1, 31, fc.constantFrom("L", "LW", "L-2", "l-30", "1W", "15w", "31W")),
      field(1, 12, fc.constantFrom("jan", "FEB", "march", "Nov-feb")),
      field(0, 7, fc.constantFrom("sun", "FRI", "tuesday-thu", "3L", "7l", "1#1", "5#5", "fri#2")),
    )
    .map((fields) => fields.join(" "));

  const dates = fc.date({
    min: new Date("1971-01-01"),
    max: new Date("2090-01-01"),
    noInvalidDate: true,
  });

  it.each<[string, fc.Arbitrary<string>]>([
    ["where they are well formed", expressions],
    [
      "where they are not",
      fc
        .array(fc.string({ unit: fc.constantFrom(..."0123456789*/-,#LW?"), maxLength: 4 }), {
          minLength: 5,
          maxLength: 6,
        })
        .map((fields) => fields.join(" ")),
    ],
  ])("%s", (_, texts) => {
    fc.assert(
      fc.property(texts, dates, (text, now) => {
        jest.setSystemTime(now);
        const found = runsOf(text, 3, now.getTime());
        // What is refused here and not there is a slip, such as a range beyond the field's end.
        if (found) expect(found).toEqual(runsByNodeCron(text, 3));
      }),
      runs(1000),
    );
  });

  it("and all that are well formed are accepted that come at all", () => {
    fc.assert(
      fc.property(expressions, (text) => {
        jest.setSystemTime(start);
        expect(CronExpression.parse(text) !== undefined).toBe(
          runsByNodeCron(text, 1) !== undefined,
        );
      }),
      runs(1000),
    );
  });
});

function runsByNodeCron(text: string, count: number): string[] | undefined {
  if (!nodeCron.validate(text)) return undefined;
  const task = nodeCron.createTask(text, () => {}, { timezone: "Etc/UTC" });
  try {
    return task.getNextRuns(count).map((date) => date.toISOString());
  } catch {
    return undefined;
  } finally {
    void task.destroy();
  }
}
