import type { OperationOptions } from "@azure/core-client";
import { describeOptionName, describeValue, unknownOption } from "./describe-value.ts";
import { InvalidArgumentError } from "./errors.ts";
import { maxTimerInMs } from "./max-timer.ts";
import { maxGroupNameLength } from "./service-limits.ts";

/** @throws InvalidArgumentError unless it is met */
export function check(isMet: boolean, name: string, value: unknown, remedy: string): void {
  if (!isMet) throw new InvalidArgumentError(`${name}: got ${describeValue(value)}; ${remedy}`);
}

/** @throws InvalidArgumentError unless it is such an integer, or undefined */
export function checkInteger(
  value: unknown,
  name: string,
  min: number,
  max: number,
  unit = "",
): void {
  if (value === undefined) return;
  const isInRange = Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
  const whole = `give a whole number${unit && ` of ${unit}`}`;
  check(isInRange, name, value, `${whole} from ${min} to ${max}`);
}

/** @throws InvalidArgumentError unless a timer can wait for it, or it is undefined */
export function checkTimeout(value: unknown, name: string): void {
  checkInteger(value, name, 1, maxTimerInMs, "milliseconds");
}

/** @throws InvalidArgumentError unless it is an array of texts that are not blank, or undefined */
export function checkStrings(values: unknown, name: string, remedy: string): void {
  const isList = values === undefined || (Array.isArray(values) && values.every(isFilled));
  check(isList, name, values, remedy);
}

/** @throws InvalidArgumentError unless they are an object whose signal, if it has one, is a signal */
export function checkOptionsObject(options: unknown): void {
  const isObject = typeof options === "object" && options !== null;
  check(isObject, "options", options, "give an object");
  const { abortSignal } = options as { abortSignal?: { addEventListener?: unknown } };
  const isSignal = typeof abortSignal?.addEventListener === "function";
  check(abortSignal === undefined || isSignal, "abortSignal", abortSignal, "give an AbortSignal");
}

/**
 * Options that an operation does not have are refused, as they are by `section` at construction: what
 * somebody asks for must not be left undone in silence.
 *
 * @throws InvalidArgumentError for the first of them
 */
export function checkKnownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InvalidArgumentError(`${describeOptionName(unknown)}: ${unknownOption(known)}`);
}

/** Options of the SDK's that have to do with the request itself. */
export const SDK_CALL_OPTIONS = [
  "abortSignal",
  "requestOptions",
  "tracingOptions",
  "serializerOptions",
  "onResponse",
] as const satisfies (keyof OperationOptions)[];

/** Why a text cannot be a name in the service of that length at most; undefined for a good one. */
export function nameProblem(text: string, maxLength: number): string | undefined {
  if (!isFilled(text)) return "is blank";
  if (text.length > maxLength) return `has ${text.length} characters, and not 1 to ${maxLength}`;
  // It would become another one on its way.
  return /\p{Surrogate}/u.test(text) ? "has half of a character in it" : undefined;
}

/** Whether it is text, and can be such a name. */
export function isName(value: unknown, maxLength: number): value is string {
  return typeof value === "string" && nameProblem(value, maxLength) === undefined;
}

/** @throws InvalidArgumentError unless it can be the name of a group */
export function checkGroupName(name: unknown, argument: string): void {
  const remedy = `give a group name of 1 to ${maxGroupNameLength} characters`;
  check(isName(name, maxGroupNameLength), argument, name, remedy);
}

/** Whether it is text, and not blank. */
export function isFilled(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
