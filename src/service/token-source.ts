import type { AccessToken, TokenCredential } from "@azure/core-auth";
import { unlessAborted } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { ForeignError } from "../kit/foreign-error.ts";

const SCOPE = "https://webpubsub.azure.com/.default";
/** Before its end a token is renewed while it still serves, and no longer handed out. */
const RENEW_BEFORE_END_IN_MS = 120_000;
const UNUSABLE_BEFORE_END_IN_MS = 1000;
/** A credential that does not answer is asked again; callers have shorter deadlines of their own. */
const ATTEMPT_IN_MS = 10_000;
/** What may stand in a header. */
const SENDABLE = /^[\x21-\x7e]+$/;

/**
 * The tokens of a credential, of which nothing is taken for granted: it may throw, reject with
 * anything, never answer, or answer nonsense. One attempt at a time serves all who wait. The
 * library's own policy shares the signal of whoever asked first, waits for ever for a credential
 * that hangs, and leaves the rejection of a renewal unhandled, which ends the process.
 */
export class TokenSource {
  readonly #credential: TokenCredential;
  #token: AccessToken | undefined;
  #attempt: Promise<AccessToken> | undefined;

  constructor(credential: TokenCredential) {
    this.#credential = credential;
  }

  /**
   * A token that is valid for the next request.
   *
   * @throws ResilientPubSubError `ERR_CREDENTIAL_FAILED`
   */
  async get(): Promise<string> {
    const known = this.#token;
    const leftInMs = known ? known.expiresOnTimestamp - Date.now() : 0;
    if (known === undefined || leftInMs < UNUSABLE_BEFORE_END_IN_MS) {
      return (await this.#renew()).token;
    }
    const isDue = (known.refreshAfterTimestamp ?? Number.POSITIVE_INFINITY) < Date.now();
    // Its failure is heard when a token is needed and there is none.
    if (isDue || leftInMs < RENEW_BEFORE_END_IN_MS) this.#renew().catch(() => {});
    return known.token;
  }

  /** The service has refused the token; the next request asks for another one. */
  drop(token: string): void {
    if (this.#token?.token === token) this.#token = undefined;
  }

  #renew(): Promise<AccessToken> {
    this.#attempt ??= this.#ask()
      .then((token) => {
        this.#token = token;
        return token;
      })
      .finally(() => {
        this.#attempt = undefined;
      });
    return this.#attempt;
  }

  async #ask(): Promise<AccessToken> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), ATTEMPT_IN_MS).unref();
    const { signal } = controller;
    try {
      const options = { abortSignal: signal };
      const answer: unknown = await unlessAborted(
        signal,
        // A credential may throw instead of rejecting.
        (async () => this.#credential.getToken(SCOPE, options))(),
      );
      if (isToken(answer)) return answer;
    } catch (error) {
      throw failed(signal.aborted ? "did not answer in time" : "failed", new ForeignError(error));
    } finally {
      clearTimeout(timer);
    }
    throw failed("answered with something that is no access token");
  }
}

function isToken(answer: unknown): answer is AccessToken {
  if (typeof answer !== "object" || answer === null) return false;
  const { token, expiresOnTimestamp } = answer as Partial<AccessToken>;
  return (
    typeof token === "string" &&
    SENDABLE.test(token) &&
    typeof expiresOnTimestamp === "number" &&
    Number.isFinite(expiresOnTimestamp)
  );
}

function failed(how: string, cause?: unknown): ResilientPubSubError {
  return new ResilientPubSubError(
    "ERR_CREDENTIAL_FAILED",
    `The endpoint's credential ${how}; check that its identity exists and may use Web PubSub`,
    { cause },
  );
}
