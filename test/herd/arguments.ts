import { parseArgs } from "node:util";
import { FAULTS, type Fault, type HerdPlan } from "./plan.ts";
import { STORIES, type StoryName } from "./stories.ts";

export interface HerdArguments {
  readonly story: StoryName;
  readonly plans: readonly HerdPlan[];
  readonly json: boolean;
  /** Where the plot of the run goes. */
  readonly plot: string | undefined;
}

const BALANCES = ["sticky", "random"] as const;

/** @throws TypeError that names the option */
export function parseHerdArguments(args: string[]): HerdArguments {
  const { values } = parseArgs({
    args,
    options: {
      story: { type: "string", default: "death" },
      clients: { type: "string", default: "1000000" },
      servers: { type: "string", default: "20" },
      units: { type: "string", default: "1000" },
      rate: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
      fault: { type: "string", default: "none" },
      balance: { type: "string", default: "sticky" },
      json: { type: "boolean", default: false },
      plot: { type: "string" },
    },
  });
  const sizes = {
    clients: wholeNumber("clients", values.clients, 1),
    servers: wholeNumber("servers", values.servers, 1),
    units: wholeNumber("units", values.units, 1),
    rate: wholeNumber("rate", values.rate, 1),
    seed: wholeNumber("seed", values.seed, 0),
    balance: oneOf("balance", values.balance, BALANCES),
  };
  const story = oneOf("story", values.story, STORIES);
  const faults: readonly Fault[] =
    values.fault === "all" ? FAULTS : [oneOf("fault", values.fault, FAULTS)];
  const plans = faults.map((fault) => ({ ...sizes, fault }));
  if (values.plot !== undefined && plans.length > 1) {
    throw new TypeError("--plot: shows one run; give one --fault");
  }
  if (story !== "death" && (values.plot !== undefined || values.fault !== "none")) {
    throw new TypeError(`--story: "${story}" has neither faults nor a plot`);
  }
  return { story, plans, json: values.json, plot: values.plot };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number < 2 ** 31) return number;
  throw new TypeError(`--${name}: got "${text}"; give a whole number from ${least} on`);
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw new TypeError(`--${name}: got "${text}"; give one of ${choices.join(", ")}`);
}
