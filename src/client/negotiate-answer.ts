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
  const url = parse(answer.url);
  if (!url || !/^wss?:$/.test(url.protocol)) {
    // The URL itself would tell the token.
    const problem = url ? `one that begins with ${url.protocol}` : "no URL";
    throw new NegotiateError(
      `Negotiate must answer { url, endpoint }, url being a ws: or wss: URL, and not ${problem}.`,
    );
  }
  const { endpoint, epoch, incarnation, reviewAfterInMs, grant, reconnect, history } = answer;
  const isNamed = typeof endpoint === "string" && endpoint !== "";
  const isAgreed = Number.isSafeInteger(epoch) && (epoch as number) > 0;
  const interval = readDuration(reviewAfterInMs);
  return {
    url: answer.url as string,
    endpoint: isNamed ? endpoint : url.host,
    epoch: isAgreed ? epoch : undefined,
    incarnation: typeof incarnation === "string" ? incarnation : undefined,
    reviewAfterInMs: interval && Math.max(SHORTEST_INTERVAL_IN_MS, interval),
    grant: typeof grant === "string" ? grant : undefined,
    spreadInMs: readDuration(reconnect?.spreadInMs),
    history,
  };
}

function parse(text: unknown): URL | undefined {
  try {
    return typeof text === "string" ? new URL(text) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns Undefined for what is no duration, and an hour for what is longer. */
export function readDuration(value: unknown): number | undefined {
  const isDuration = typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
  return isDuration ? Math.min(HOUR_IN_MS, value) : undefined;
}
