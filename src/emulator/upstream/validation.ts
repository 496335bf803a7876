import type { OutgoingHttpHeaders } from "node:http";
import type { UpstreamSettings } from "../options/emulator-schema.ts";
import type { Observe } from "../reporting/activity-observer.ts";
import { type Agreement, readAgreement } from "./agreement.ts";
import { callErrorFrom } from "./call-error.ts";
import type { Answer, Transport } from "./transport.ts";
import { withoutSecrets } from "./url-without-secrets.ts";

/** What the last check of a URL said, and when it must be checked again. */
export interface ValidationResult {
  readonly isAllowed: boolean;
  readonly checkAgainAt: number;
  readonly backOffInMs: number;
}

const maxBackOffInMs = 60_000;
const minBackOffInMs = 1000;

/** A success holds for its lifetime; failures are retried after 1 s, doubling up to a minute. */
export function nextValidationResult(
  previous: ValidationResult | undefined,
  isAllowed: boolean,
  now: number,
  lifetimeInMs: number,
): ValidationResult {
  if (isAllowed) return { isAllowed, checkAgainAt: now + lifetimeInMs, backOffInMs: 0 };
  const doubled = (previous?.backOffInMs ?? 0) * 2;
  const backOffInMs = Math.min(Math.max(doubled, minBackOffInMs), maxBackOffInMs);
  return { isAllowed, checkAgainAt: now + backOffInMs, backOffInMs };
}

/** Who asks, and whom. */
export interface ValidationRequest {
  readonly url: string;
  /** The service's host, with its port. */
  readonly origin: string;
  readonly authorization: string | undefined;
}

interface Subject {
  result: ValidationResult | undefined;
  check: Promise<boolean> | undefined;
}

/** Abuse protection: an app server must agree to get events from this origin before it gets any. */
export class Validation {
  readonly #transport: Pick<Transport, "call">;
  readonly #settings: UpstreamSettings;
  readonly #observe: Observe;
  readonly #subjects = new Map<string, Subject>();

  /** @param observe Told of each handshake, be it for an event or to renew what has expired. */
  constructor(transport: Pick<Transport, "call">, settings: UpstreamSettings, observe: Observe) {
    this.#transport = transport;
    this.#settings = settings;
    this.#observe = observe;
  }

  /**
   * One check at a time per URL. Everybody waits for the first one; a success that has expired goes
   * on to count until a new check says otherwise. A failure does not: whoever repairs an app server
   * should not lose one more event to what it said before.
   */
  async allows(request: ValidationRequest): Promise<boolean> {
    const subject = this.#subjectOf(request.url);
    const { result } = subject;
    if (result && Date.now() < result.checkAgainAt) return result.isAllowed;
    subject.check ??= this.#check(subject, request).finally(() => {
      subject.check = undefined;
    });
    return result?.isAllowed || subject.check;
  }

  /** New settings deserve a new check, and those under way do not count any more. */
  clear(): void {
    this.#subjects.clear();
  }

  #subjectOf(url: string): Subject {
    const known = this.#subjects.get(url);
    if (known) return known;
    const subject = { result: undefined, check: undefined };
    this.#subjects.set(url, subject);
    return subject;
  }

  async #check(subject: Subject, request: ValidationRequest): Promise<boolean> {
    const agreement = await this.#ask(request);
    this.#observe({ kind: "validation", url: withoutSecrets(request.url), ...agreement });
    const isAllowed = agreement.problem === undefined;
    const { validationLifetimeInMs } = this.#settings;
    subject.result = nextValidationResult(
      subject.result,
      isAllowed,
      Date.now(),
      validationLifetimeInMs,
    );
    return isAllowed;
  }

  async #ask({ url, origin, authorization }: ValidationRequest): Promise<Agreement> {
    const headers: OutgoingHttpHeaders = {
      "WebHook-Request-Origin": origin,
      "ce-awpsversion": "1.0",
      ...(authorization !== undefined && { Authorization: authorization }),
    };
    const timeoutInMs = this.#settings.validationTimeoutInMs;
    const ask = (method: "GET" | "OPTIONS"): Promise<Answer> =>
      this.#transport.call({ method, url, headers, timeoutInMs });
    try {
      const answer = await ask("OPTIONS");
      return readAgreement(answer.status === 404 ? await ask("GET") : answer, origin);
    } catch (error) {
      const problem = callErrorFrom(error).advice;
      return { status: undefined, allowedOrigins: [], problem };
    }
  }
}
