import { parseArgs } from "node:util";

export interface ChaosArguments {
  readonly seed: number;
  readonly cycles: number;
  readonly json: boolean;
}

/** @throws TypeError that names the option */
export function parseChaosArguments(args: string[]): ChaosArguments {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string", default: "1" },
      cycles: { type: "string", default: "100" },
      json: { type: "boolean", default: false },
    },
  });
  return {
    seed: wholeNumber("seed", values.seed, 0),
    cycles: wholeNumber("cycles", values.cycles, 1),
    json: values.json,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number < 2 ** 31) return number;
  throw new TypeError(`--${name}: got "${text}"; give a whole number from ${least} on`);
}
