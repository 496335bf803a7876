import { isSuccess } from "./answers.ts";
import type { Answer, Transport } from "./transport.ts";

/** What the last check of a URL said, and when it must be checked again. */
export interface ValidationVerdict {
  readonly isAllowed: boolean;
  readonly checkAgainAt: number;
  readonly backOffInMs: number;
}

const minuteInMs = 60_000;
const firstBackOffInMs = 1000;
const checkTimeoutInMs = 10_000;

/** A success holds for a minute; failures are retried after 1 s, doubling up to a minute. */
export function nextVerdict(
  previous: ValidationVerdict | undefined,
  isAllowed: boolean,
  now: number,
): ValidationVerdict {
  if (isAllowed) return { isAllowed, checkAgainAt: now + minuteInMs, backOffInMs: 0 };
  const doubled = (previous?.backOffInMs ?? 0) * 2;
  const backOffInMs = Math.min(Math.max(doubled, firstBackOffInMs), minuteInMs);
  return { isAllowed, checkAgainAt: now + backOffInMs, backOffInMs };
}

/** Abuse protection: an app server must agree to get events from this origin before it gets any. */
export class Validation {
  readonly #transport: Transport;
  readonly #verdicts = new Map<string, ValidationVerdict>();
  readonly #checks = new Map<string, Promise<boolean>>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One check at a time per URL; everybody else waits for its verdict. */
  allows(url: string, origin: string): Promise<boolean> {
    const verdict = this.#verdicts.get(url);
    if (verdict && Date.now() < verdict.checkAgainAt) return Promise.resolve(verdict.isAllowed);
    const running = this.#checks.get(url);
    if (running) return running;
    const check = this.#check(url, origin).finally(() => this.#checks.delete(url));
    this.#checks.set(url, check);
    return check;
  }

  /** New settings deserve a new check. */
  forget(): void {
    this.#verdicts.clear();
  }

  async #check(url: string, origin: string): Promise<boolean> {
    const isAllowed = await this.#ask(url, origin).catch(() => false);
    this.#verdicts.set(url, nextVerdict(this.#verdicts.get(url), isAllowed, Date.now()));
    return isAllowed;
  }

  async #ask(url: string, origin: string): Promise<boolean> {
    const headers = { "WebHook-Request-Origin": origin, "ce-awpsversion": "1.0" };
    const ask = (method: "GET" | "OPTIONS"): Promise<Answer> =>
      this.#transport.call({ method, url, headers, timeoutInMs: checkTimeoutInMs });
    const answer = await ask("OPTIONS");
    return admits(answer.status === 404 ? await ask("GET") : answer, origin);
  }
}

// Node joins repeated headers by commas, so both ways of naming several origins look alike.
function admits({ status, headers }: Answer, origin: string): boolean {
  const allowed = String(headers["webhook-allowed-origin"] ?? "").split(",");
  const wanted = ["*", origin.toLowerCase()];
  return isSuccess(status) && allowed.some((one) => wanted.includes(one.trim().toLowerCase()));
}
