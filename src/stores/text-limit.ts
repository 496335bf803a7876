import { storeError } from "./store-error.ts";

/**
 * The most that a record or an observation may take, in bytes. The names and URLs of hundreds of
 * endpoints fit; what is longer was not written by a server of ours.
 */
export const maxTextBytes = 64 * 1024;

/** The most observations that a hub may have: servers that live, and those that have just died. */
export const maxObservations = 1_000;

export function isTooLong(text: string): boolean {
  return Buffer.byteLength(text) > maxTextBytes;
}

/** @throws ResilientPubSubError `ERR_STORE_REFUSED` for a text that no server would read */
export function refuseTooLong(description: string, text: string): void {
  if (!isTooLong(text)) return;
  throw storeError(description, {
    code: "ERR_STORE_REFUSED",
    what: `a text of ${Buffer.byteLength(text)} bytes is more than the ${maxTextBytes} that servers read`,
    remedy: "give the endpoints shorter names and URLs, or configure fewer of them",
  });
}

/** @throws ResilientPubSubError `ERR_STORE_UNREADABLE` */
export function refuseToRead(description: string, what: string, bytes: number): void {
  if (bytes <= maxTextBytes) return;
  throw storeError(description, {
    code: "ERR_STORE_UNREADABLE",
    what: `${what} has ${bytes} bytes, and servers write ${maxTextBytes} at most`,
    remedy: "delete it, or give the store a container or a prefix of its own",
  });
}
