import { RequestRefused } from "../http/problem.ts";

/** What JSON calls an object. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * Reads the JSON of a client's request.
 *
 * @param what It is called in a refusal.
 * @throws RequestRefused 400 `ERR_HISTORY_REQUEST` for anything but an object
 */
export function readObject(bytes: Buffer, what: string): Members {
  let read: unknown;
  try {
    read = JSON.parse(bytes.toString());
  } catch {
    throw malformed(`${what} is not JSON.`);
  }
  return objectIn(read, what);
}

/** @throws RequestRefused 400 `ERR_HISTORY_REQUEST` for anything but an object */
export function objectIn(value: unknown, what: string): Members {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) throw malformed(`${what} is not an object.`);
  return value as Members;
}

/** What the client of this package would not send. */
export function malformed(detail: string): RequestRefused {
  return new RequestRefused({ status: 400, code: "ERR_HISTORY_REQUEST", detail });
}
