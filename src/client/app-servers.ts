import { NOT_WANTED } from "./abort-reason.ts";
import { AppServer, type Review } from "./app-server.ts";
import { retryAfterOf } from "./backoff.ts";
import type { ContinuityPort } from "./continuity-port.ts";
import { NegotiateError } from "./errors.ts";
import { firstAnswer } from "./first-answer.ts";
import { askOnce, isRefusal, type Negotiate } from "./negotiate.ts";
import { readAnswer, type Told } from "./negotiate-answer.ts";
import { type NegotiateSource, readNegotiateUrls } from "./negotiate-urls.ts";
import type { EndpointAndEpoch, NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import type { ClientConfiguration } from "./options.ts";
import type { AbortSignalLike } from "./wire-types.ts";

// How long one server may be silent until the next is asked as well. Where answers take long, more.
const LEAST_PATIENCE_IN_MS = 300;
const MOST_PATIENCE_IN_MS = 2000;

/** The app servers that say where a client belongs. What they tell outlives its connections. */
export class AppServers {
  readonly #configuration: ClientConfiguration;
  readonly #negotiate: Negotiate | undefined;
  /** The one that answered last comes first. */
  #servers: readonly AppServer[] = [];
  #patienceInMs = LEAST_PATIENCE_IN_MS;
  /** Besides where to go; of the last answer. */
  #told: Told = {};
  /** Who wants to know of the history. */
  continuity: ContinuityPort | undefined;

  /** @throws PubSubClientError `ERR_INVALID_OPTIONS` when it is neither URLs nor a function. */
  constructor(negotiate: NegotiateSource, configuration: ClientConfiguration) {
    this.#configuration = configuration;
    if (typeof negotiate === "function") this.#negotiate = negotiate;
    else {
      this.#servers = readNegotiateUrls(negotiate).map(
        (url) => new AppServer(url, configuration.negotiateRequest),
      );
    }
  }

  /** Within what time clients that lose their connections together come back. */
  get reconnectSpreadInMs(): number {
    return this.#told.spreadInMs ?? this.#configuration.reconnectSpreadInMs;
  }

  /** How often a connected client asks whether it is to stay; undefined where nobody can be asked. */
  get reviewAfterInMs(): number | undefined {
    const { grant, reviewAfterInMs } = this.#told;
    return grant && this.#reviewers.length > 0 ? reviewAfterInMs : undefined;
  }

  get #reviewers(): readonly AppServer[] {
    return this.#servers.filter(({ hasReview }) => hasReview);
  }

  /**
   * Where to go.
   *
   * @param failed Endpoints to complain about.
   * @throws NegotiateError; `ERR_NEGOTIATE_REFUSED` when there is no use in asking again.
   */
  async negotiate(failed: readonly string[], signal: AbortSignalLike): Promise<NegotiatedEndpoint> {
    const negotiate = this.#negotiate;
    const answer = await (negotiate
      ? this.#within(signal, (ending) => askFunction(negotiate, failed, ending))
      : this.ask(
          signal,
          (server, ended) => server.negotiate(failed, ended, this.continuity?.query),
          this.#rested,
        ));
    const { reviewAfterInMs, grant, spreadInMs, history, ...target } = answer;
    const checkAfterInMs = this.continuity?.onNegotiated(history, grant);
    this.#told = { reviewAfterInMs: reviewAfterInMs ?? checkAfterInMs, grant, spreadInMs };
    for (const server of this.#servers) server.hasReview = true;
    return target;
  }

  /**
   * Whether a client is to stay where it is.
   *
   * @throws NegotiateError when nobody has an answer.
   */
  async review(at: EndpointAndEpoch, signal: AbortSignalLike): Promise<Review> {
    const review =
      (await this.continuity?.review(at, signal)) ??
      (await this.ask(
        signal,
        (server, ended) => server.review(at, this.#told.grant, ended),
        this.#reviewers,
      ));
    const { spreadInMs = this.#told.spreadInMs } = review;
    this.#told = { ...this.#told, spreadInMs };
    return review;
  }

  /** Unless all have asked to be left alone, those that have are. */
  get #rested(): readonly AppServer[] {
    const now = performance.now();
    const rested = this.#servers.filter(({ restUntil }) => restUntil <= now);
    return rested.length > 0 ? rested : this.#servers;
  }

  #within<Answer>(
    signal: AbortSignalLike,
    ask: (ending: AbortController) => Promise<Answer>,
  ): Promise<Answer> {
    return askOnce(ask, this.#configuration.negotiateTimeoutInMs, signal);
  }

  /** The deadline is that of all together. @throws NegotiateError when nobody has an answer */
  ask<Answer>(
    signal: AbortSignalLike,
    ask: (server: AppServer, signal: AbortSignal) => Promise<Answer | NegotiateError>,
    servers = this.#servers,
  ): Promise<Answer> {
    return this.#within(signal, async (ending) => {
      const answer = await firstAnswer(
        servers,
        async (server) => {
          const askedAt = performance.now();
          const answer = await ask(server, ending.signal);
          const patienceInMs = LEAST_PATIENCE_IN_MS + 2 * (performance.now() - askedAt);
          this.#patienceInMs = Math.min(MOST_PATIENCE_IN_MS, patienceInMs);
          this.#servers = [server, ...this.#servers.filter((other) => other !== server)];
          return answer;
        },
        this.#patienceInMs,
        ending,
      ).catch((failures) => {
        throw worthTelling(failures);
      });
      if (answer instanceof NegotiateError) throw answer;
      return answer;
    });
  }
}

async function askFunction(
  negotiate: Negotiate,
  failed: readonly string[],
  ending: AbortController,
): Promise<NegotiatedEndpoint & Told> {
  const answer = await negotiate({ failed, signal: ending.signal });
  // Whatever the application still does for it.
  ending.abort(NOT_WANTED);
  return readAnswer(answer);
}

/** A refusal only if there was nothing else; of the others, the one whose pause is over first. */
function worthTelling(failures: readonly NegotiateError[]): NegotiateError {
  const passing = failures.filter((failure) => !isRefusal(failure));
  return (passing.length > 0 ? passing : failures).reduce((first, other) =>
    retryAfterOf(other) < retryAfterOf(first) ? other : first,
  );
}
