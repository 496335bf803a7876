const DAY_IN_MS = 86_400_000;

/** 29 February may be a certain day of the week once in 40 years; what takes longer never comes. */
const maxDaysAhead = 100 * 366;

const MONTHS =
  "january february march april may june july august september october november december";
const WEEKDAYS = "sunday monday tuesday wednesday thursday friday saturday";

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

interface Day {
  readonly date: number;
  readonly weekday: number;
  readonly month: number;
  /** How many days its month has. */
  readonly daysInMonth: number;
}

type DayRule = (day: Day) => boolean;

/**
 * A cron expression, in UTC: seconds first, or five fields and second 0. A day must match both of
 * its fields. The syntax is that of the package `node-cron`: lists, ranges, steps, names, `?`, `L`,
 * `L-3`, `15W`, `LW`, `5L`, `5#2`, and nicknames such as `@hourly`.
 */
export class CronExpression {
  readonly #seconds: readonly number[];
  readonly #minutes: readonly number[];
  readonly #hours: readonly number[];
  readonly #dayRules: readonly DayRule[];

  /** @returns The expression; undefined if the text is none, or names a day that never comes. */
  static parse(text: string): CronExpression | undefined {
    const trimmed = text.trim();
    const fields = (NICKNAMES[trimmed.toLowerCase()] ?? trimmed).split(/ +/);
    if (fields.length === 5) fields.unshift("0");
    if (fields.length !== 6) return undefined;
    const [seconds = "", minutes = "", hours = "", dates = "", months = "", weekdays = ""] = fields;
    const times = allDefined([
      numbersOf(seconds, 0, 59),
      numbersOf(minutes, 0, 59),
      numbersOf(hours, 0, 23),
    ]);
    const days = allDefined([
      dateRule(dates === "?" ? "*" : dates),
      monthRule(numbered(months, MONTHS, 1)),
      weekdayRule(numbered(weekdays === "?" ? "*" : weekdays, WEEKDAYS, 0)),
    ]);
    if (!times || !days) return undefined;
    const expression = new CronExpression(times, days);
    return expression.nextRun(0) === undefined ? undefined : expression;
  }

  private constructor(times: readonly (readonly number[])[], dayRules: readonly DayRule[]) {
    [this.#seconds = [], this.#minutes = [], this.#hours = []] = times;
    this.#dayRules = dayRules;
  }

  /** @returns The first run after a time, both in epoch milliseconds; undefined if there is none. */
  nextRun(after: number): number | undefined {
    const earliest = Math.floor(after / 1000) * 1000 + 1000;
    const today = Math.floor(earliest / DAY_IN_MS) * DAY_IN_MS;
    for (let ahead = 0; ahead <= maxDaysAhead; ahead += 1) {
      const midnight = today + ahead * DAY_IN_MS;
      if (!this.#runsOn(midnight)) continue;
      const second = this.#secondOfDay(ahead === 0 ? (earliest - today) / 1000 : 0);
      if (second !== undefined) return midnight + second * 1000;
    }
    return undefined;
  }

  #runsOn(midnight: number): boolean {
    const day = dayAt(midnight);
    return this.#dayRules.every((matches) => matches(day));
  }

  #secondOfDay(earliest: number): number | undefined {
    for (const hour of this.#hours.filter((hour) => hour * 3600 + 3599 >= earliest)) {
      for (const minute of this.#minutes) {
        const start = hour * 3600 + minute * 60;
        const second = this.#seconds.find((second) => start + second >= earliest);
        if (second !== undefined) return start + second;
      }
    }
    return undefined;
  }
}

function allDefined<Value>(values: readonly (Value | undefined)[]): Value[] | undefined {
  const defined = values.filter((value) => value !== undefined);
  return defined.length === values.length ? defined : undefined;
}

function dayAt(midnight: number): Day {
  const day = new Date(midnight);
  const month = day.getUTCMonth();
  const daysInMonth = new Date(Date.UTC(day.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return { date: day.getUTCDate(), weekday: day.getUTCDay(), month: month + 1, daysInMonth };
}

/** Replaces names, in full or by their first three letters. */
function numbered(field: string, names: string, first: number): string {
  return names
    .split(" ")
    .reduce(
      (text, name, index) =>
        text.replace(new RegExp(`${name}|${name.slice(0, 3)}`, "gi"), String(index + first)),
      field,
    );
}

/** @returns In ascending order; undefined if the field is not a list of numbers, ranges and steps. */
function numbersOf(field: string, min: number, max: number): number[] | undefined {
  const lists = allDefined(field.split(",").map((item) => numbersOfItem(item, min, max)));
  return lists && [...new Set(lists.flat())].sort((a, b) => a - b);
}

function numbersOfItem(item: string, min: number, max: number): number[] | undefined {
  const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(item);
  if (!match) return undefined;
  const [, from, to, every] = match;
  const isSingle = from !== undefined && to === undefined;
  if (isSingle && every !== undefined) return undefined;
  const first = Number(from ?? min);
  const last = isSingle ? first : Number(to ?? max);
  const step = Number(every ?? 1);
  const isWithin = [first, last].every((value) => value >= min && value <= max);
  if (!isWithin || step < 1) return undefined;
  // A range may go over the end, such as 22-2 for the night.
  const size = max - min + 1;
  const count = Math.floor(((last - first + size) % size) / step) + 1;
  return Array.from({ length: count }, (_, index) => min + ((first - min + index * step) % size));
}

function monthRule(field: string): DayRule | undefined {
  const months = numbersOf(field, 1, 12);
  return months && (({ month }) => months.includes(month));
}

function dateRule(field: string): DayRule | undefined {
  return anyOf(field, (item) => lastDateRule(item) ?? workdayRule(item) ?? plainDateRule(item));
}

function weekdayRule(field: string): DayRule | undefined {
  return anyOf(field, (item) => countedWeekdayRule(item) ?? plainWeekdayRule(item));
}

function anyOf(field: string, ruleOf: (item: string) => DayRule | undefined): DayRule | undefined {
  const rules = allDefined(field.split(",").map(ruleOf));
  return rules && ((day) => rules.some((matches) => matches(day)));
}

function plainDateRule(item: string): DayRule | undefined {
  const dates = numbersOf(item, 1, 31);
  return dates && (({ date }) => dates.includes(date));
}

/** `L` is the last day of the month, `L-3` the third before it. */
function lastDateRule(item: string): DayRule | undefined {
  const match = /^L(?:-(\d{1,2}))?$/i.exec(item);
  if (!match) return undefined;
  const before = Number(match[1] ?? 0);
  const isWithin = match[1] === undefined || (before >= 1 && before <= 30);
  return isWithin ? ({ date, daysInMonth }) => date === daysInMonth - before : undefined;
}

/** `15W` is the day from Monday to Friday that is nearest to the 15th, in the same month. */
function workdayRule(item: string): DayRule | undefined {
  const match = /^(\d{1,2}|L)W$/i.exec(item);
  if (!match) return undefined;
  const isLast = match[1]?.toUpperCase() === "L";
  const wanted = Number(match[1]);
  if (!isLast && (wanted < 1 || wanted > 31)) return undefined;
  return (day) => day.date === workdayNear(isLast ? day.daysInMonth : wanted, day);
}

function workdayNear(wanted: number, { date, weekday, daysInMonth }: Day): number | undefined {
  if (wanted > daysInMonth) return undefined;
  switch ((((weekday + wanted - date) % 7) + 7) % 7) {
    case 6:
      return wanted === 1 ? 3 : wanted - 1;
    case 0:
      return wanted === daysInMonth ? wanted - 2 : wanted + 1;
    default:
      return wanted;
  }
}

/** Sunday is 0 and 7. */
function plainWeekdayRule(item: string): DayRule | undefined {
  const range = item.replace(/^7-(?=[0-6])/, "0-");
  const weekdays = numbersOf(range, 0, 6) ?? numbersOf(range, 0, 7);
  return weekdays && (({ weekday }) => weekdays.some((value) => value % 7 === weekday));
}

/** `5#2` is the second Friday of the month, `5L` the last. */
function countedWeekdayRule(item: string): DayRule | undefined {
  const match = /^([0-7])(?:#([1-5])|L)$/i.exec(item);
  if (!match) return undefined;
  const wanted = Number(match[1]) % 7;
  const nth = match[2];
  return ({ date, weekday, daysInMonth }) =>
    weekday === wanted &&
    (nth === undefined ? date + 7 > daysInMonth : Math.ceil(date / 7) === Number(nth));
}
