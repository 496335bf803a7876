import { retryAfterOf } from "./backoff.ts";
import { NegotiateError } from "./errors.ts";
import { firstAnswer } from "./first-answer.ts";
import { askOnce, asNegotiateError, type Negotiate } from "./negotiate.ts";
import { readAnswer, readDuration, type Told } from "./negotiate-answer.ts";
import { readJson, readRefusal } from "./negotiate-request.ts";
import { readNegotiateUrls } from "./negotiate-urls.ts";
import type { EndpointAndEpoch, NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import type { ClientConfiguration } from "./options.ts";

// How long one server may be silent until the next is asked as well: twice what the last answer took.
const PATIENCE_IN_MS = { min: 300, max: 2000 };

/** What a review advises: `renew` is to negotiate for another grant. */
export type Advice = "stay" | "move" | "renew";

/** The app servers that say where a client belongs. What they tell outlives its connections. */
export class AppServers {
  readonly #configuration: ClientConfiguration;
  readonly #negotiate: Negotiate | undefined;
  /** The one that answered last comes first. */
  #urls: readonly string[] = [];
  /** Those that asked to be left alone, and until when. */
  readonly #restUntil = new Map<string, number>();
  /** Those that have no review route. */
  readonly #withoutReview = new Set<string>();
  #patienceInMs = PATIENCE_IN_MS.min;
  #told: Told = {};

  /** @throws PubSubClientError `ERR_INVALID_OPTIONS` when it is neither URLs nor a function. */
  constructor(
    negotiate: string | URL | readonly (string | URL)[] | Negotiate,
    configuration: ClientConfiguration,
  ) {
    this.#configuration = configuration;
    if (typeof negotiate === "function") this.#negotiate = negotiate;
    else this.#urls = readNegotiateUrls(negotiate);
  }

  /** Within what time clients that lose their connections together come back. */
  get reconnectSpreadInMs(): number {
    return this.#told.spreadInMs ?? this.#configuration.reconnectSpreadInMs;
  }

  /** How often a connected client asks whether it is to stay; undefined where nobody can be asked. */
  get reviewAfterInMs(): number | undefined {
    const { grant, reviewAfterInMs } = this.#told;
    return grant !== undefined && this.#reviewUrls.length > 0 ? reviewAfterInMs : undefined;
  }

  get #reviewUrls(): readonly string[] {
    return this.#urls.filter((url) => !this.#withoutReview.has(url));
  }

  /**
   * Where to go.
   *
   * @param failed Endpoints to complain about.
   * @throws NegotiateError; `ERR_NEGOTIATE_REFUSED` when there is no use in asking again.
   */
  async negotiate(failed: readonly string[], signal: AbortSignal): Promise<NegotiatedEndpoint> {
    const answer = await this.#ask(signal, (deadline) =>
      this.#negotiate
        ? Promise.resolve(this.#negotiate({ failed, signal: deadline })).then(readAnswer)
        : this.#negotiateAtUrls(failed, deadline),
    );
    const { reviewAfterInMs, grant, spreadInMs, ...target } = answer;
    this.#told = { reviewAfterInMs, grant, spreadInMs };
    this.#withoutReview.clear();
    return target;
  }

  /**
   * Whether a client that is there is to stay.
   *
   * @throws NegotiateError when nobody has an answer.
   */
  review(at: EndpointAndEpoch, signal: AbortSignal): Promise<Advice> {
    return this.#ask(signal, (deadline) =>
      this.#firstAnswer(this.#reviewUrls, deadline, (url, ended) => this.#reviewAt(url, at, ended)),
    );
  }

  #ask<Answer>(
    signal: AbortSignal,
    ask: (deadline: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    return askOnce(ask, this.#configuration.negotiateTimeoutInMs, signal);
  }

  async #negotiateAtUrls(failed: readonly string[], signal: AbortSignal) {
    const now = performance.now();
    const rested = this.#urls.filter((url) => (this.#restUntil.get(url) ?? 0) <= now);
    const urls = rested.length > 0 ? rested : this.#urls;
    const answer = await this.#firstAnswer(urls, signal, (url, ended) =>
      this.#negotiateAt(url, failed, ended),
    ).catch((failures: NegotiateError[]) => worthTelling(failures));
    if (answer instanceof NegotiateError) throw answer;
    return answer;
  }

  /** @returns A refusal as well, when the app itself has refused: another server would say the same. */
  async #negotiateAt(url: string, failed: readonly string[], signal: AbortSignal) {
    try {
      const target = new URL(url);
      for (const endpoint of failed) target.searchParams.append("failed", endpoint);
      const response = await fetch(target, { ...(await this.#init()), signal });
      if (response.ok) return readAnswer((await readJson(response)) as never);
      const refusal = await readRefusal(response);
      // A firewall or a proxy refuses with a page of its own.
      const isOfApp = /json/.test(response.headers.get("Content-Type") ?? "");
      if (isOfApp && refusal.code === "ERR_NEGOTIATE_REFUSED") return refusal;
      throw refusal;
    } catch (error) {
      const failure = asNegotiateError(error);
      this.#restUntil.set(url, performance.now() + retryAfterOf(failure));
      throw failure;
    }
  }

  async #reviewAt(
    url: string,
    { endpoint, epoch, incarnation }: EndpointAndEpoch,
    signal: AbortSignal,
  ): Promise<Advice> {
    const target = new URL(url);
    target.pathname = target.pathname.replace(/\/?$/, "/place");
    const { grant } = this.#told;
    for (const [name, value] of Object.entries({ endpoint, epoch, incarnation, grant })) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    const init = { ...(await this.#init()), method: "GET", body: null, redirect: "error" } as const;
    const response = await fetch(target, { ...init, signal });
    if (response.status === 404) this.#withoutReview.add(url);
    if (!response.ok) throw new NegotiateError(`Review answered ${response.status}.`);
    const spread = response.headers.get("Reconnect-Spread-In-Ms");
    const spreadInMs = spread ? readDuration(Number(spread)) : undefined;
    if (spreadInMs !== undefined) this.#told = { ...this.#told, spreadInMs };
    if (response.status === 204) return "stay";
    const { move, renew } = (await readJson(response)) as { move?: unknown; renew?: unknown };
    if (move === true) return "move";
    return renew === true ? "renew" : "stay";
  }

  async #init(): Promise<RequestInit | undefined> {
    const { negotiateRequest: init } = this.#configuration;
    return typeof init === "function" ? await init() : init;
  }

  #firstAnswer<Answer>(
    urls: readonly string[],
    signal: AbortSignal,
    ask: (url: string, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    return firstAnswer(
      urls,
      async (url, ended) => {
        const askedAt = performance.now();
        const answer = await ask(url, ended);
        const { min, max } = PATIENCE_IN_MS;
        this.#patienceInMs = Math.min(max, Math.max(min, 2 * (performance.now() - askedAt)));
        this.#urls = [url, ...this.#urls.filter((other) => other !== url)];
        return answer;
      },
      this.#patienceInMs,
      signal,
    );
  }
}

/** A refusal only if there was nothing else; of the others, the one that is over first. */
function worthTelling(failures: readonly NegotiateError[]): NegotiateError {
  const isRefusal = ({ code }: NegotiateError) => code === "ERR_NEGOTIATE_REFUSED";
  const passing = failures.filter((failure) => !isRefusal(failure));
  return (passing.length > 0 ? passing : failures).reduce((first, other) =>
    retryAfterOf(other) < retryAfterOf(first) ? other : first,
  );
}
