import type { z } from "zod";
import { InvalidOptionsError, type OptionProblem } from "../kit/errors.ts";
import { problemsOf } from "../kit/option-schema.ts";

/** What the options of one store may be. */
export interface StoreOptionRules<Options> {
  /** The function that takes them, which begins the paths of its options. */
  readonly factory: string;
  readonly schema: z.ZodType<Options>;
  /** What is wrong with the options by which the store is reached: their names, and why. */
  accessProblems(options: Record<string, unknown>): readonly (readonly [string, string])[];
}

/** @throws InvalidOptionsError that lists every problem at once, and no secret */
export function parseStoreOptions<Options>(
  { factory, schema, accessProblems }: StoreOptionRules<Options>,
  options: unknown,
): Options {
  const parsed = schema.safeParse(options);
  const problems: OptionProblem[] = parsed.success
    ? []
    : problemsOf(parsed.error, options, { root: factory, prefix: factory });
  if (typeof options === "object" && options !== null) {
    const found = accessProblems(options as Record<string, unknown>);
    problems.push(...found.map(([name, message]) => ({ path: `${factory}.${name}`, message })));
  }
  if (!parsed.success || problems.length > 0) throw new InvalidOptionsError(problems, factory);
  return parsed.data;
}
