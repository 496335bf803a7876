import type { Metadata } from "../protocol/message.ts";
import { lastOfList, readMetadata } from "../protocol/metadata.ts";
import { invalidParameter } from "./replies.ts";

const PREFIX = "x-webpubsub-metadata-";

/**
 * What the caller says about its message beside the body; undefined when it says nothing. Of a
 * header that is there twice, or is a list, the last value counts.
 *
 * @throws Refusal 400 for metadata that are not fit for a header, or too large.
 */
export function readMetadataHeaders(rawHeaders: readonly string[]): Metadata | undefined {
  const entries: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? "";
    if (!name.startsWith(PREFIX)) continue;
    entries.push([name.slice(PREFIX.length), lastOfList(rawHeaders[index + 1] ?? "")]);
  }
  if (entries.length === 0) return undefined;
  const metadata = readMetadata(entries);
  if (!metadata) throw invalidParameter("metadata", "The metadata are invalid or too large.");
  return metadata;
}
