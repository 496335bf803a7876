import { PubSubClientError } from "./errors.ts";

/**
 * Absolute URLs of app servers.
 *
 * @throws PubSubClientError `ERR_INVALID_OPTIONS`
 */
export function readNegotiateUrls(negotiate: unknown): readonly string[] {
  const urls = [negotiate].flat().map(absolute);
  if (urls.length > 0 && urls.every(isNegotiateUrl)) return urls.map(({ href }) => href);
  // Not what it is: a URL may have a token or a password in it.
  throw new PubSubClientError(
    "ERR_INVALID_OPTIONS",
    "negotiate must be an http: or https: URL without user info, absolute outside of browsers, a list of such URLs, or a function.",
  );
}

function absolute(value: unknown): URL | undefined {
  const { document, location } = globalThis as {
    document?: { baseURI: string } | undefined;
    location?: { href: string } | undefined;
  };
  if (!value || (typeof value !== "string" && !(value instanceof URL))) return undefined;
  try {
    return new URL(value, document?.baseURI ?? location?.href);
  } catch {
    return undefined;
  }
}

const isNegotiateUrl = (url: URL | undefined): url is URL =>
  url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.password;
