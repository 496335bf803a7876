import { parseArgs } from "node:util";

export interface SoakArguments {
  readonly minutes: number;
  readonly json: boolean;
}

/** @throws TypeError that names the option */
export function parseSoakArguments(args: string[]): SoakArguments {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "10" },
      json: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (minutes > 0 && minutes <= 24 * 60) return { minutes, json: values.json };
  throw new TypeError(`--minutes: got "${values.minutes}"; give a number above 0, 1440 at most`);
}
