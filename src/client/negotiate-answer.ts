import { NegotiateError } from "./errors.ts";
import type { NegotiateAnswer } from "./negotiate.ts";
import type { NegotiatedEndpoint } from "./negotiated-endpoint.ts";

// Beyond these, what is told is a mistake that the client had better not follow.
const HOUR_IN_MS = 3_600_000;
const SHORTEST_INTERVAL_IN_MS = 100;

/** What an app server has told beside where to go, as far as it can be used. */
export interface Told {
  /** See `NegotiateAnswer`. */
  readonly reviewAfterInMs?: number | undefined;
  readonly grant?: string | undefined;
  readonly spreadInMs?: number | undefined;
  readonly history?: unknown;
}

/** @throws NegotiateError */
export function readAnswer(answered: unknown): NegotiatedEndpoint & Told {
  const answer = (answered ?? {}) as Partial<NegotiateAnswer>;
  const problem = "Negotiate must answer { url, endpoint }, url being a ws: or wss: URL";
  if (typeof answer.url !== "string") throw new NegotiateError(`${problem}; it has no url.`);
  let url: URL;
  try {
    url = new URL(answer.url);
  } catch {
    // The URL itself would tell the token.
    throw new NegotiateError(`${problem}; this url is none.`);
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new NegotiateError(`${problem}; this one begins with ${url.protocol}.`);
  }
  const { endpoint, epoch, incarnation, reviewAfterInMs, grant, reconnect, history } = answer;
  const isNamed = typeof endpoint === "string" && endpoint !== "";
  const isAgreed = Number.isSafeInteger(epoch) && (epoch as number) > 0;
  const interval = readDuration(reviewAfterInMs);
  return {
    url: answer.url,
    endpoint: isNamed ? endpoint : url.host,
    epoch: isAgreed ? epoch : undefined,
    incarnation: typeof incarnation === "string" ? incarnation : undefined,
    reviewAfterInMs: interval && Math.max(SHORTEST_INTERVAL_IN_MS, interval),
    grant: typeof grant === "string" ? grant : undefined,
    spreadInMs: readDuration(reconnect?.spreadInMs),
    history,
  };
}

/** @returns Undefined for what is no duration, and an hour for what is longer. */
export function readDuration(value: unknown): number | undefined {
  const isDuration = typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
  return isDuration ? Math.min(HOUR_IN_MS, value) : undefined;
}
