import type { Metadata } from "./message.ts";

const maxKeyBytes = 256;
const maxValueBytes = 1024;
const maxTotalBytes = 8 * 1024;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const HEADER_TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/**
 * Metadata travel to app servers in HTTP headers, so they must be fit for one. Keys are compared
 * ignoring case; of several the last counts. Undefined when something is not fit or too large.
 */
export function readMetadata(entries: Iterable<[string, string]>): Metadata | undefined {
  const metadata = new Map<string, string>();
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    if (!HEADER_TOKEN.test(key) || key.length > maxKeyBytes) return undefined;
    if (!PRINTABLE_ASCII.test(value) || value.length > maxValueBytes) return undefined;
    metadata.set(key, value);
  }
  let total = 0;
  for (const [key, value] of metadata) total += key.length + value.length;
  return total <= maxTotalBytes ? Object.fromEntries(metadata) : undefined;
}
