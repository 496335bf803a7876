import { PubSubClientError } from "./errors.ts";
import type { Negotiate } from "./negotiate.ts";

/** Where a client asks for an endpoint. */
export type NegotiateSource = string | URL | readonly (string | URL)[] | Negotiate;

/**
 * Absolute URLs of app servers.
 *
 * @throws PubSubClientError `ERR_INVALID_OPTIONS`
 */
export function readNegotiateUrls(negotiate: unknown): readonly string[] {
  const urls = [negotiate].flat().map(absolute);
  if (urls.length > 0) return urls;
  throw invalid();
}

function absolute(value: unknown): string {
  // In a page, anything else is a relative URL as well.
  if (typeof value === "string" ? !value.trim() : !isUrl(value)) throw invalid();
  const { protocol, username, password, href } = parse(String(value));
  if (/^https?:$/.test(protocol) && !username && !password) return href;
  throw invalid();
}

// One from another realm is not an instance of this realm's class.
const isUrl = (value: unknown): boolean =>
  value instanceof URL || Object.prototype.toString.call(value) === "[object URL]";

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
  throw invalid();
}

/** It does not say what was given: a URL may have a token or a password in it. */
function invalid(): PubSubClientError {
  const message =
    "negotiate must be an http: or https: URL (absolute outside of browsers, without user and password), a list of such URLs, or a function.";
  return new PubSubClientError("ERR_INVALID_OPTIONS", message);
}
