import { PubSubClientError } from "./errors.ts";
import type { Negotiate } from "./negotiate.ts";
import { describe } from "./options.ts";

/** Where a client asks for an endpoint. */
export type NegotiateSource = string | URL | readonly (string | URL)[] | Negotiate;

/**
 * The URLs, absolute and checked, in their order; or the function, as it is.
 *
 * @throws PubSubClientError `ERR_INVALID_OPTIONS`
 */
export function resolveNegotiate(source: NegotiateSource): Negotiate | readonly string[] {
  if (typeof source === "function") return source;
  const urls: readonly unknown[] = Array.isArray(source) ? source : [source];
  if (urls.length === 0) throw invalid("an empty list");
  return urls.map(absolute);
}

function absolute(given: unknown): string {
  // In a page anything at all could be made a URL of, an empty string as well.
  if (typeof given === "string" ? !given.trim() : !isUrl(given)) throw invalid(describe(given));
  const { protocol, username, password, href } = parse(String(given));
  if (!/^https?:$/.test(protocol)) throw invalid(`one for ${protocol}`);
  if (username || password) throw invalid("one with user or password");
  return href;
}

// One from another realm is not an instance of this realm's class.
const isUrl = (value: unknown): boolean =>
  Object.prototype.toString.call(value) === "[object URL]" || value instanceof URL;

function parse(text: string): URL {
  const { document, location } = globalThis as {
    document?: { baseURI: string } | undefined;
    location?: { href: string; origin: string } | undefined;
  };
  // A worker that was made of a blob has an origin, but no URL that others are relative to.
  for (const base of [document?.baseURI ?? location?.href, location?.origin]) {
    try {
      return new URL(text, base);
    } catch {}
  }
  throw invalid("none that is absolute");
}

/** Never with the value: that of another client has a token in it. */
const invalid = (got: string): PubSubClientError =>
  new PubSubClientError(
    "ERR_INVALID_OPTIONS",
    `negotiate must be an http: or https: URL, a list of them, or a function, got ${got}.`,
  );
