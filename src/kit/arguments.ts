import { describeValue } from "./describe-value.ts";
import { InvalidArgumentError } from "./errors.ts";
import { maxTimerInMs } from "./max-timer.ts";

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

/** Whether it is text, and not blank. */
export function isFilled(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
