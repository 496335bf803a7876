import type { ReadyOptions, ShutdownOptions } from "../contract/resilient-pubsub.ts";
import {
  check,
  checkInteger,
  checkKnownOptions,
  checkOptionsObject,
  checkTimeout,
} from "../kit/arguments.ts";
import { maxTimerInMs } from "../kit/max-timer.ts";

const REQUIREMENTS: readonly unknown[] = ["any-healthy", "all-healthy", undefined];
const READY_OPTIONS = ["require", "timeoutInMs", "abortSignal"] satisfies (keyof ReadyOptions)[];
const SHUTDOWN_OPTIONS = ["drainInMs"] satisfies (keyof ShutdownOptions)[];

/** @throws InvalidArgumentError */
export function checkReadyOptions(options: ReadyOptions): void {
  checkOptionsObject(options);
  checkKnownOptions(options, READY_OPTIONS);
  const { require, timeoutInMs } = options;
  check(REQUIREMENTS.includes(require), "require", require, 'give "any-healthy" or "all-healthy"');
  checkTimeout(timeoutInMs, "timeoutInMs");
}

/** @throws InvalidArgumentError */
export function checkShutdownOptions(options: ShutdownOptions): void {
  checkOptionsObject(options);
  checkKnownOptions(options, SHUTDOWN_OPTIONS);
  checkInteger(options.drainInMs, "drainInMs", 0, maxTimerInMs, "milliseconds");
}
