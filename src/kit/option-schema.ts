import { z } from "zod";
import { describeOptionName, describeValue, unknownOption } from "./describe-value.ts";
import type { OptionProblem } from "./errors.ts";
import { maxTimerInMs } from "./max-timer.ts";

/** A section of options: unknown keys are refused with the list of the known ones. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys" ? unknownOption(Object.keys(shape)) : "give an object",
  });
}

/** @param error What is said of anything else. Default: which numbers there are. */
export function integer(
  minimum: number,
  maximum: number,
  unit = "",
  error = `give a whole number${unit && ` of ${unit}`} from ${minimum} to ${maximum}`,
) {
  return z.number({ error }).int({ error }).min(minimum, { error }).max(maximum, { error });
}

/** A duration that a timer can hold. */
export function milliseconds(minimum: number, error?: string) {
  return integer(minimum, maxTimerInMs, "milliseconds", error);
}

export function nonEmptyString(error: string) {
  return z.string({ error }).trim().min(1, { error });
}

export function func<Fn>(error = "give a function") {
  return z.custom<Fn>((value) => typeof value === "function", { error });
}

export function flag() {
  return z.boolean({ error: "give true or false" });
}

/** A rule about several options of a section; it is checked even when some of them are wrong. */
export function rule<Section extends object>(
  problemOf: (section: Section) => string | undefined,
  option: string,
) {
  const check = (section: Section): boolean => problemOf(section) === undefined;
  const details = {
    path: [option],
    error: ({ input }: { input?: unknown }) => problemOf(input as Section),
    when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null,
  };
  return [check, details] as const;
}

export interface ProblemNaming {
  /** What the options as a whole are called. */
  readonly root: string;
  /** How the path of each option begins, such as a function's name. Default: nothing. */
  readonly prefix?: string;
  /** Options whose texts are never repeated, nor those below them. Default: none. */
  readonly secrets?: readonly string[];
  /** What an option is called by its path. Default: its path with dots. */
  readonly nameOf?: (path: readonly PropertyKey[]) => string;
}

/** Turns what zod found into problems that say path, value and remedy. */
export function problemsOf(
  error: z.ZodError,
  input: unknown,
  naming: ProblemNaming,
): OptionProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: pathOf([...issue.path, describeOptionName(key)], naming),
        message: issue.message,
      }));
    }
    const { input: value, message } = issueAt(issue, input);
    const isSecret = (naming.secrets ?? []).some((option) => issue.path.includes(option));
    const text =
      isSecret && typeof value === "string"
        ? `a string of ${value.length} characters`
        : describeValue(value);
    return [{ path: pathOf(issue.path, naming), message: `got ${text}; ${message}` }];
  });
}

/** What is wrong, and with what; a bad name in a record hides its reason one level down. */
function issueAt(issue: z.core.$ZodIssue, input: unknown): { input: unknown; message: string } {
  if (issue.code === "invalid_key") {
    return { input: issue.path.at(-1), message: issue.issues[0]?.message ?? issue.message };
  }
  const value = issue.path.reduce<unknown>((at, key) => (at as never)?.[key], input);
  return { input: value, message: issue.message };
}

function pathOf(path: PropertyKey[], { root, prefix = "", nameOf }: ProblemNaming): string {
  if (nameOf) return nameOf(path);
  if (path.length === 0) return root;
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  return prefix + (prefix === "" ? text.join("").replace(/^\./, "") : text.join(""));
}
