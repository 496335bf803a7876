import { compileFilter, type Filter } from "../filter/compile-filter.ts";
import { FilterSyntaxError } from "../filter/filter-syntax-error.ts";
import { invalidParameter } from "./replies.ts";

interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * Undefined when the parameter is not there.
 *
 * @throws Refusal 400 when it is there more than once.
 */
export function readOnce(query: URLSearchParams, name: string): string | undefined {
  const [text, ...others] = query.getAll(name);
  if (others.length === 0) return text;
  throw invalidParameter(name, `The ${name} may be given only once.`);
}

/**
 * Undefined when the parameter is not there.
 *
 * @throws Refusal 400 when it is no integer in the range, or there more than once.
 */
export function readInteger(
  query: URLSearchParams,
  name: string,
  { min, max }: Range,
): number | undefined {
  const text = readOnce(query, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw invalidParameter(name, `The ${name} must be an integer between ${min} and ${max}.`);
}

/**
 * Undefined, which means everybody, when there is none.
 *
 * @throws Refusal 400, with the target given.
 */
export function readFilter(text: string | null | undefined, target: string): Filter | undefined {
  if (!text) return undefined;
  try {
    return compileFilter(text);
  } catch (error) {
    if (error instanceof FilterSyntaxError) throw invalidParameter(target, error.message);
    throw error;
  }
}
