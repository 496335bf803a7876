import { retryAfterOf } from "./backoff.ts";
import { NegotiateError } from "./errors.ts";
import { asNegotiateError, isRefusal } from "./negotiate.ts";
import { readAnswer, readDuration, type Told } from "./negotiate-answer.ts";
import { readJson, readRefusal } from "./negotiate-request.ts";
import type { EndpointAndEpoch, NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import { isObject, type ResilientPubSubClientOptions } from "./options.ts";

/** What a review says. */
export interface Review {
  /** Negotiate, and go where it says. */
  readonly move?: unknown;
  /** Negotiate for another grant, and stay. */
  readonly renew?: unknown;
  readonly spreadInMs?: number | undefined;
}

/** One URL of negotiate, and what is asked there. */
export class AppServer {
  /** It has asked to be left alone until then. */
  restUntil = 0;
  hasReview = true;
  readonly #url: string;
  readonly #init: ResilientPubSubClientOptions["negotiateRequest"];

  constructor(url: string, init: ResilientPubSubClientOptions["negotiateRequest"]) {
    this.#url = url;
    this.#init = init;
  }

  /**
   * Where to go, or a refusal by the app itself, which any other server would repeat.
   *
   * @throws NegotiateError when another server may do better.
   */
  async negotiate(
    failed: readonly string[],
    signal: AbortSignal,
    query?: object,
  ): Promise<(NegotiatedEndpoint & Told) | NegotiateError> {
    try {
      const url = this.#at("", query);
      for (const endpoint of failed) url.searchParams.append("failed", endpoint);
      const response = await this.#fetch(url, { signal });
      if (response.ok) return readAnswer(await readJson(response));
      const refusal = await readRefusal(response, signal);
      // A firewall or a proxy refuses with a page of its own.
      const isOfApp = /json/.test(response.headers.get("Content-Type") ?? "");
      if (isOfApp && isRefusal(refusal)) return refusal;
      throw refusal;
    } catch (error) {
      const failure = asNegotiateError(error);
      this.restUntil = performance.now() + retryAfterOf(failure);
      throw failure;
    }
  }

  /** Whether a client is to stay where it is. @throws NegotiateError */
  async review(
    { endpoint, epoch, incarnation }: EndpointAndEpoch,
    grant: string | undefined,
    signal: AbortSignal,
  ): Promise<Review> {
    try {
      const query = { endpoint, epoch, incarnation, grant };
      return await this.ask("/place", { method: "GET", body: null, signal }, query);
    } catch (error) {
      if ((error as NegotiateError).status === 404) this.hasReview = false;
      throw error;
    }
  }

  /** What a neighbour of negotiate has to say, if anything. @throws NegotiateError */
  async ask(
    path: string,
    init: RequestInit & { readonly signal: AbortSignal },
    query?: object,
    maxBytes?: number,
  ): Promise<{ readonly spreadInMs: number | undefined } & Record<string, unknown>> {
    const response = await this.#fetch(this.#at(path, query), init);
    if (!response.ok) throw await readRefusal(response, init.signal);
    const answer = response.status !== 204 && ((await readJson(response, maxBytes)) as object);
    const spread = response.headers.get("Reconnect-Spread-In-Ms");
    return { ...answer, spreadInMs: spread ? readDuration(Number(spread)) : undefined };
  }

  /** The URL of negotiate, or of a neighbour. */
  #at(path: string, query: object = {}): URL {
    const url = new URL(this.#url);
    if (path) url.pathname = url.pathname.replace(/\/?$/, path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  /** As `negotiateRequest` says, but for what is given here. */
  async #fetch(url: URL, own: RequestInit): Promise<Response> {
    const init = (typeof this.#init === "function" ? await this.#init() : this.#init) ?? {};
    if (!isObject(init)) throw invalidRequest();
    return fetch(url, { ...init, ...own }).catch((error) => {
      // A cause is of the network, and each client of a server that is gone gets here.
      throw (error?.cause === undefined && mistakeOf(url, init)) || error;
    });
  }
}

/** A request that the platform refuses to make will be refused each time. */
function mistakeOf(url: URL, init: RequestInit): NegotiateError | undefined {
  try {
    // The body may be used up; whether there may be one is all that can be asked.
    new Request(url, { ...init, body: init.body && "" });
    return undefined;
  } catch {
    return invalidRequest();
  }
}

/** No cause: it would quote the header that is wrong, and with it perhaps a token. */
function invalidRequest(): NegotiateError {
  const message = "negotiateRequest makes no valid request; check method, headers and body.";
  return new NegotiateError(message, {}, "ERR_INVALID_OPTIONS");
}
