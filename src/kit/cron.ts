import { Cron } from "croner";

/**
 * Reads a cron expression, in UTC: seconds first, or five fields and second 0. A day must match both
 * of its fields.
 *
 * @returns Undefined if the text is none, or names a day that never comes.
 */
export function parseCron(text: string): Cron | undefined {
  try {
    const cron = new Cron(text, { mode: "5-or-6-parts", utcOffset: 0, domAndDow: true });
    // The library takes a date as well, which comes once.
    const isRepeated = cron.getPattern() !== undefined;
    return isRepeated && cron.nextRun() !== null ? cron : undefined;
  } catch {
    return undefined;
  }
}
