import type { ListedConnection } from "../contract/listing.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
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
  /** Reads the first page of an endpoint, or the one behind a link. */
  read(endpoint: RegisteredEndpoint, nextLink?: string): Promise<Outcome<Page>>;
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
  const start = (endpoint: RegisteredEndpoint, nextLink?: string): void => {
    const page = list
      .read(endpoint, nextLink)
      .then((outcome): PageOutcome => ({ endpoint, outcome }));
    // Whoever stops before the end does not wait for it.
    page.catch(() => {});
    reading.set(endpoint, page);
  };
  for (const endpoint of round.inUse) start(endpoint);
  let wanted = list.max;
  while (reading.size > 0) {
    const { endpoint, outcome } = await Promise.race(reading.values());
    reading.delete(endpoint);
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

/** The figures of all pages of one endpoint, and how the last one ended. */
function combined(before: Outcome<Page> | undefined, last: Outcome<Page>): Outcome<Page> {
  if (before === undefined) return last;
  return {
    ...last,
    attempts: before.attempts + last.attempts,
    durationInMs: before.durationInMs + last.durationInMs,
  };
}
