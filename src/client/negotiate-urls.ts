import { PubSubClientError } from "./errors.ts";

/**
 * Absolute URLs of app servers.
 *
 * @throws PubSubClientError `ERR_INVALID_OPTIONS`; its text quotes nothing, for a URL may have a token
 *   or a password in it.
 */
export function readNegotiateUrls(negotiate: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(negotiate) ? negotiate : [negotiate];
  if (list.length === 0) throw invalid("is an empty list");
  return [...new Set(list.map(absolute))];
}

function absolute(value: unknown): string {
  if ((typeof value !== "string" || value === "") && !(value instanceof URL)) {
    throw invalid(value === "" ? "is empty" : `is of type ${typeof value}`);
  }
  const { document, location } = globalThis as {
    document?: { baseURI: string } | undefined;
    location?: { href: string } | undefined;
  };
  let url: URL;
  try {
    url = new URL(value, document?.baseURI ?? location?.href);
  } catch {
    throw invalid("is none");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalid(`begins with ${url.protocol}`);
  }
  if (url.username || url.password) throw invalid("has a user or a password in it");
  return url.href;
}

function invalid(what: string): PubSubClientError {
  const expected =
    "negotiate must be an http: or https: URL, absolute outside of browsers, a list of them, or a function";
  return new PubSubClientError("ERR_INVALID_OPTIONS", `${expected}; this one ${what}.`);
}
