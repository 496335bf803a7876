import { describeValue } from "../kit/describe-value.ts";
import { UsageError } from "./usage-error.ts";

/** @throws UsageError */
export function toNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) {
    throw new UsageError(`--${name}: got ${describeValue(text)}; give a whole number.`);
  }
  return Number(text);
}
