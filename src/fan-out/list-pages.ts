import { createHash } from "node:crypto";
import type { ListedConnection } from "../contract/listing.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { classifyFailure } from "../service/failure.ts";
import { UnexpectedAnswerError } from "../service/unexpected-answer.ts";
import type { Outcome } from "./call.ts";
import type { Page } from "./listing.ts";
import type { Round } from "./round.ts";

/** One list, over all endpoints in use. */
export interface List {
  /** What it is called in messages. */
  readonly name: string;
  readonly round: Round<Page>;
  /** How many connections are wanted at most. */
  readonly max: number;
  /**
   * Reads the first page of an endpoint, or the one behind a link.
   *
   * @param spentInMs How much of its deadline is used up.
   */
  read(endpoint: RegisteredEndpoint, spentInMs: number, nextLink?: string): Promise<Outcome<Page>>;
  /** Told of every connection that an endpoint has listed. */
  onListed(connectionId: string, endpoint: RegisteredEndpoint): void;
}

interface PageOutcome {
  readonly endpoint: RegisteredEndpoint;
  readonly outcome: Outcome<Page>;
}

/**
 * Everything that the endpoints in use list, those of the quickest first. The next page of an
 * endpoint is read while the last one is made use of.
 *
 * @throws FanOutError at the end, when the list is not complete
 */
export async function* listPages(list: List): AsyncGenerator<ListedConnection[]> {
  const { round } = list;
  const reading = new Map<RegisteredEndpoint, Promise<PageOutcome>>();
  const pagesOf = new Map(round.inUse.map((endpoint) => [endpoint, new PagesRead()]));
  const start = (endpoint: RegisteredEndpoint, nextLink?: string): void => {
    const spentInMs = pagesOf.get(endpoint)?.emptyForInMs ?? 0;
    const page = list
      .read(endpoint, spentInMs, nextLink)
      .then((outcome): PageOutcome => ({ endpoint, outcome }));
    // Whoever stops before the end does not wait for it.
    page.catch(() => {});
    reading.set(endpoint, page);
  };
  for (const endpoint of round.inUse) start(endpoint);
  let wanted = list.max;
  while (reading.size > 0) {
    const { endpoint, outcome: answered } = await Promise.race(reading.values());
    reading.delete(endpoint);
    const outcome = pagesOf.get(endpoint)?.follow(answered) ?? answered;
    round.outcomes.set(endpoint, combined(round.outcomes.get(endpoint), outcome));
    if (outcome.kind !== "answered") continue;
    const { members, nextLink } = outcome.value;
    for (const { connectionId } of members) list.onListed(connectionId, endpoint);
    const taken = members.slice(0, wanted);
    wanted -= taken.length;
    if (nextLink !== undefined && wanted > 0) start(endpoint, nextLink);
    yield taken.map((member) => ({ ...member, endpoint: endpoint.name }));
    if (wanted <= 0) return;
  }
  const { delivered, failed } = round.report();
  if (delivered.length === 0 || failed.length > 0) throw round.failure(list.name);
}

/** Far more than anybody reads; a page has up to 200 connections. */
const maxPages = 100_000;

/** The pages of one endpoint so far. Links are made up by the service, and may go round in circles. */
class PagesRead {
  /** How long it has taken to read pages that list nothing, since one that did. */
  emptyForInMs = 0;
  readonly #seen = new Set<string>();

  /** A page whose link leads nowhere new is no answer. */
  follow(outcome: Outcome<Page>): Outcome<Page> {
    if (outcome.kind !== "answered") return outcome;
    const { url, members, nextLink } = outcome.value;
    this.emptyForInMs = members.length > 0 ? 0 : this.emptyForInMs + outcome.durationInMs;
    if (nextLink === undefined) return outcome;
    this.#seen.add(digestOf(url));
    const next = digestOf(nextLink);
    if (!this.#seen.has(next) && this.#seen.size < maxPages) return outcome;
    const error = new UnexpectedAnswerError("pages without an end");
    const { status, attempts, durationInMs } = outcome;
    const failure = classifyFailure(error);
    return { kind: "failed", reason: "endpoint", error, failure, status, attempts, durationInMs };
  }
}

/** Links may be long, and there may be many. */
const digestOf = (link: string): string =>
  createHash("sha256").update(link).digest("base64url").slice(0, 22);

/** The figures of all pages of one endpoint, and how the last one ended. */
function combined(before: Outcome<Page> | undefined, last: Outcome<Page>): Outcome<Page> {
  if (before === undefined) return last;
  return {
    ...last,
    attempts: before.attempts + last.attempts,
    durationInMs: before.durationInMs + last.durationInMs,
  };
}
