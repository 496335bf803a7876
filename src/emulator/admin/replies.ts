import { STATUS_CODES } from "node:http";
import { Refusal } from "../http/refusal.ts";
import type { Reply } from "../http/reply.ts";

export const json = (
  status: number,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status,
  headers: {
    ...headers,
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  },
  body: JSON.stringify(value),
});

export const DONE: Reply = { status: 204 };

/** The code in the body is the status in words. */
export function refusal(
  status: number,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Refusal {
  const code = (STATUS_CODES[status] ?? "").replaceAll(" ", "");
  return new Refusal(json(status, { code, message }, headers));
}
