import { RequestError } from "../contract/environment.ts";

/** @throws RequestError naming the field and all that it may be */
export function oneOf<const T extends string | null>(
  body: unknown,
  field: string,
  allowed: readonly T[],
): T {
  const value = fieldOf(body, field);
  const found = allowed.find((it) => it === value);
  if (found !== undefined) return found;
  throw new RequestError(400, `${field} must be one of ${allowed.join(", ")}.`);
}

/** @throws RequestError naming the field and its range */
export function wholeNumber(
  body: unknown,
  field: string,
  isAllowed: (value: number) => boolean,
  range: string,
): number {
  const value = fieldOf(body, field);
  if (typeof value === "number" && Number.isInteger(value) && isAllowed(value)) return value;
  throw new RequestError(400, `${field} must be a whole number: ${range}.`);
}

function fieldOf(body: unknown, field: string): unknown {
  return (body as Record<string, unknown> | null | undefined)?.[field];
}
