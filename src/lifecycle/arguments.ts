import type { ReadyOptions, ShutdownOptions } from "../contract/resilient-pubsub.ts";
import { check, checkInteger, checkOptionsObject, checkTimeout } from "../kit/arguments.ts";
import { maxTimerInMs } from "../kit/max-timer.ts";

const REQUIREMENTS: readonly unknown[] = ["any-healthy", "all-healthy", undefined];

/** @throws InvalidArgumentError */
export function checkReadyOptions(options: ReadyOptions): void {
  checkOptionsObject(options);
  const { require, timeoutInMs, abortSignal: _, ...unknown } = options;
  checkNothingElse(unknown, "require, timeoutInMs, abortSignal");
  check(REQUIREMENTS.includes(require), "require", require, 'give "any-healthy" or "all-healthy"');
  checkTimeout(timeoutInMs, "timeoutInMs");
}

/** @throws InvalidArgumentError */
export function checkShutdownOptions(options: ShutdownOptions): void {
  checkOptionsObject(options);
  const { drainInMs, ...unknown } = options;
  checkNothingElse(unknown, "drainInMs");
  checkInteger(drainInMs, "drainInMs", 0, maxTimerInMs, "milliseconds");
}

function checkNothingElse(unknown: object, known: string): void {
  const [name] = Object.keys(unknown);
  if (name === undefined) return;
  check(false, name, Reflect.get(unknown, name), `unknown option; the options here are ${known}`);
}
