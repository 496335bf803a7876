import { MalformedFrameError } from "./client-request.ts";
import { hasRepeatedKey } from "./repeated-keys.ts";

/** A JSON object whose members have not been looked at yet. */
export type Members = Readonly<Record<string, unknown>>;

/** @throws MalformedFrameError */
export function parseObject(frame: Buffer): Members {
  const [text, value] = parse(frame);
  if (!isObject(value)) throw new MalformedFrameError("The message is not a JSON object.");
  if (isObject(value.metadata) && hasRepeatedKey(text, "metadata")) {
    throw new MalformedFrameError("The metadata have the same key twice.");
  }
  return value;
}

/** @throws MalformedFrameError */
export function required<T>(members: Members, name: string, is: (value: unknown) => value is T): T {
  const value = optional(members, name, is);
  if (value === undefined) throw new MalformedFrameError(`The member ${name} is missing.`);
  return value;
}

/**
 * A member that is null counts as absent.
 *
 * @throws MalformedFrameError
 */
export function optional<T>(
  members: Members,
  name: string,
  is: (value: unknown) => value is T,
): T | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (!is(value)) throw new MalformedFrameError(`The member ${name} is of a wrong type.`);
  return value;
}

function parse(frame: Buffer): [text: string, value: unknown] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(frame);
    return [text, JSON.parse(text)];
  } catch {
    throw new MalformedFrameError("The message is not JSON.");
  }
}

export const isString = (value: unknown): value is string => typeof value === "string";
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
export const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
