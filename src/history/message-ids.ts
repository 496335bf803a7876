import { createHash } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const PREFIX_LENGTH = 13;
const MAX_LENGTH = 22;

/**
 * Ids of messages, of at most 22 characters of base64url. They are told apart, and need not be
 * guessed: what begins them is drawn once.
 *
 * @param random From 0 (included) to 1 (excluded).
 */
export function messageIds(random: () => number): () => string {
  let prefix = "";
  for (let length = 0; length < PREFIX_LENGTH; length += 1) {
    prefix += ALPHABET[Math.floor(random() * ALPHABET.length)];
  }
  let count = 0;
  return () => {
    count += 1;
    return prefix + count.toString(36);
  };
}

/**
 * The id of a message that has a key. It is the same whenever it is logged: a store that has forgotten
 * the key logs it once more, and whoever has the message can tell.
 */
export function idOfKey(stream: string, key: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([stream, key]))
    .digest("base64url");
  return digest.slice(0, MAX_LENGTH);
}
