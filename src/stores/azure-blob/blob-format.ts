import { storeError } from "../store-error.ts";

/** Metadata are read together with the list of the blobs; names and values must be of ASCII. */
type Metadata = Record<string, string>;

const METADATA_NAME = "observation";
const ENCODING_PREFIX = "base64:";
// Azure takes 8 KiB of names and values.
const maxValueLength = 8 * 1024 - METADATA_NAME.length;

/** @throws ResilientPubSubError `ERR_STORE_REFUSED` when it is longer than metadata may be */
export function toMetadata(description: string, text: string): Metadata {
  const value = ENCODING_PREFIX + Buffer.from(text).toString("base64");
  if (value.length > maxValueLength) {
    throw storeError(description, {
      code: "ERR_STORE_REFUSED",
      what: `an observation of ${Buffer.byteLength(text)} bytes is more than blob metadata hold, about 6,000`,
      remedy: "give the endpoints shorter names, or use redisStore()",
    });
  }
  return { [METADATA_NAME]: value };
}

/** Undefined when it is not ours. */
export function observationIn(metadata: Metadata | undefined): string | undefined {
  const value = metadata?.[METADATA_NAME];
  if (!value?.startsWith(ENCODING_PREFIX)) return undefined;
  return Buffer.from(value.slice(ENCODING_PREFIX.length), "base64").toString();
}

/** As a part of a blob's name. Azure drops dots at the end of a part, and takes dots alone for a path. */
export function nameOf(text: string): string {
  return encodeURIComponent(text).replace(/\.(?=\.*$)/g, "%2E");
}

/** Whose observation a blob of that name holds; undefined when the name is not ours. */
export function serverOf(part: string): string | undefined {
  try {
    const server = decodeURIComponent(part);
    return nameOf(server) === part ? server : undefined;
  } catch {
    return undefined;
  }
}
