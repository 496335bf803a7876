import { PubSubClientError } from "./errors.ts";

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
  const { document, location } = globalThis as {
    document?: { baseURI: string } | undefined;
    location?: { href: string } | undefined;
  };
  // In a page, anything else is a relative URL as well.
  if (value === "" || (typeof value !== "string" && !(value instanceof URL))) throw invalid();
  let url: URL;
  try {
    url = new URL(value, document?.baseURI ?? location?.href);
  } catch {
    throw invalid();
  }
  if (/^https?:$/.test(url.protocol) && !url.username && !url.password) return url.href;
  throw invalid();
}

/** It does not say what was given: a URL may have a token or a password in it. */
function invalid(): PubSubClientError {
  const message =
    "negotiate must be an http: or https: URL (absolute outside of browsers, without user and password), a list of such URLs, or a function.";
  return new PubSubClientError("ERR_INVALID_OPTIONS", message);
}
