import type { Metadata } from "./message.ts";

const maxKeyBytes = 256;
const maxValueBytes = 1024;
const maxTotalBytes = 8 * 1024;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const HEADER_TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;

/**
 * Metadata travel to app servers in HTTP headers, so they must be fit for one. Keys that differ in
 * case are two, as in frames; of the same several times the last counts. Undefined when something is
 * not fit or too large.
 */
export function readMetadata(entries: Iterable<[string, string]>): Metadata | undefined {
  const metadata = new Map<string, string>();
  for (const [key, value] of entries) {
    if (!HEADER_TOKEN.test(key) || key.length > maxKeyBytes) return undefined;
    if (!PRINTABLE_ASCII.test(value) || value.length > maxValueBytes) return undefined;
    metadata.set(key, value);
  }
  let total = 0;
  for (const [key, value] of metadata) total += key.length + value.length;
  return total <= maxTotalBytes ? Object.fromEntries(metadata) : undefined;
}

/** What counts of a header that is a list, or that was there several times and has become one. */
export const lastOfList = (value: string): string => value.slice(value.lastIndexOf(",") + 1).trim();
