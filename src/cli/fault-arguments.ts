import { faultsSchema } from "../emulator/faults/fault-options.ts";
import type { Fault } from "../emulator/index.ts";
import { describeValue } from "../kit/describe-value.ts";
import { problemsOf } from "../kit/option-schema.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The faults of the command line, each a kind or what the admin route takes.
 *
 * @throws UsageError
 */
export function readFaults(texts: readonly string[]): readonly Fault[] {
  if (texts.length === 0) return [];
  const faults = texts.map(readFault);
  const result = faultsSchema.safeParse(faults);
  if (!result.success) {
    const problems = problemsOf(result.error, faults, { root: "--fault", nameOf: argumentNameOf });
    throw new UsageError(problems.map(({ path, message }) => `${path}: ${message}.`).join(" "));
  }
  if (faults.some(({ kind }) => kind === "dns")) throw new UsageError(NO_LOOKUP);
  return faults;
}

const NO_LOOKUP =
  "--fault: dns acts on the lookup of an emulator that is started in code, by startEmulator.";

function readFault(text: string): Fault {
  if (/^[\w-]+$/.test(text)) return { kind: text } as Fault;
  try {
    return JSON.parse(text);
  } catch {
    const problem = `got ${describeValue(text)}; give a kind, or a fault in JSON`;
    throw new UsageError(`--fault: ${problem}.`);
  }
}

/** The number of the fault counts where several are given. */
const argumentNameOf = ([, ...path]: readonly PropertyKey[]): string =>
  ["--fault", ...path.map(String)].join(" ");
