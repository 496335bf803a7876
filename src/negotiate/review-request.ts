import type { ClientLocation } from "./review.ts";

/** What a client asks with for a review. */
export interface ReviewRequest {
  readonly grant: string | undefined;
  /** Undefined when it cannot be made out. */
  readonly location: ClientLocation | undefined;
}

const maxIncarnationLength = 64;

/**
 * Reads the query of a review; what else is in it is the application's. It is read here and not by
 * Express, whose parser an app may have replaced or turned off.
 */
export function readReview(url: string): ReviewRequest {
  const at = url.indexOf("?");
  const query = new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
  return { grant: onlyOne(query, "grant"), location: locationIn(query) };
}

function locationIn(query: URLSearchParams): ClientLocation | undefined {
  const endpoint = onlyOne(query, "endpoint");
  const epoch = query.has("epoch") ? readEpoch(onlyOne(query, "epoch")) : undefined;
  const incarnation = onlyOne(query, "incarnation");
  const isReadable =
    Boolean(endpoint) &&
    query.has("epoch") === (epoch !== undefined) &&
    query.has("incarnation") === (incarnation !== undefined) &&
    (incarnation?.length ?? 0) <= maxIncarnationLength;
  return endpoint && isReadable ? { endpoint, epoch, incarnation } : undefined;
}

function onlyOne(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

function readEpoch(text: string | undefined): number | undefined {
  const epoch = /^\d{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN;
  return Number.isSafeInteger(epoch) ? epoch : undefined;
}
