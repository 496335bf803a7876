import type { SendOutcome } from "../context/history-port.ts";
import type { Outcome } from "./call.ts";

/** They say something about the moment, the credentials or the way, and nothing about the message. */
const NOT_ABOUT_THE_MESSAGE = [401, 403, 404, 408, 425, 429];

/** What a call on an endpoint says about the message that it has sent. */
export function sendOutcomeOf(outcome: Outcome<unknown> | undefined): SendOutcome {
  if (outcome === undefined) return "out-of-use";
  if (outcome.kind !== "failed") return "accepted";
  const { status = 0 } = outcome;
  const isRefused = status >= 400 && status < 500 && !NOT_ABOUT_THE_MESSAGE.includes(status);
  return isRefused ? "refused" : "unsure";
}
