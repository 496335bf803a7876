import { RequestRefused } from "./problem.ts";

/** Refuses a client for now: its turn comes later. */
export function overloaded(retryAfterInSeconds: number): RequestRefused {
  return new RequestRefused({
    status: 503,
    code: "ERR_OVERLOADED",
    detail: "Too many clients connect at the moment; try again later.",
    headers: { "Retry-After": String(retryAfterInSeconds) },
  });
}
