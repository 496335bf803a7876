import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { canonicalHub } from "../kit/hub-name.ts";

/** What a client may ask for reviews with, without being asked who it is. */
export interface Grant {
  /** A number of 48 bits to tell it from others by, drawn at random for each grant. It is no secret. */
  readonly client: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** A key for the grants of one hub, and nothing else. */
export interface GrantKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}

const FORMAT = 1;
const KEY_LENGTH = 32;
/** Where each part of what is signed begins: format, key id, expiry, client. */
const [KEY_ID, EXPIRY, CLIENT, END] = [1, 8, 12, 18] as const;
/** It and its signature as base64url, without a bit to spare, so that no two texts are the same grant. */
const GRANT = /^([\w-]{24})([\w-]{24})$/;
const SIGNATURE_LENGTH = 24;

/** Servers that have the same secret derive the same key, from which it cannot be found out. */
export function deriveGrantKey(secret: KeyObject, hub: string): GrantKey {
  const purpose = `express-resilient-pubsub grant of ${canonicalHub(hub)}`;
  const length = KEY_LENGTH + EXPIRY - KEY_ID;
  const derived = Buffer.from(hkdfSync("sha256", secret, "", purpose, length));
  return {
    id: derived.subarray(KEY_LENGTH),
    key: createSecretKey(derived.subarray(0, KEY_LENGTH)),
  };
}

export function signGrant({ id, key }: GrantKey, { client, expiresAt }: Grant): string {
  const bytes = Buffer.allocUnsafe(END);
  bytes.writeUInt8(FORMAT);
  id.copy(bytes, KEY_ID);
  bytes.writeUInt32BE(expiresAt, EXPIRY);
  bytes.writeUIntBE(client, CLIENT, END - CLIENT);
  const signed = bytes.toString("base64url");
  return signed + signatureOf(signed, key);
}

/**
 * Reads a grant that has not expired and was signed with one of the keys; undefined for anything else.
 *
 * @param nowInSeconds Since the epoch.
 */
export function verifyGrant(
  text: string,
  keys: readonly GrantKey[],
  nowInSeconds: number,
): Grant | undefined {
  const [, signed, signature] = GRANT.exec(text) ?? [];
  if (signed === undefined || signature === undefined) return undefined;
  const bytes = Buffer.from(signed, "base64url");
  const id = bytes.subarray(KEY_ID, EXPIRY);
  const isGenuine =
    bytes[0] === FORMAT &&
    keys.some((known) => known.id.equals(id) && isSame(signatureOf(signed, known.key), signature));
  const expiresAt = bytes.readUInt32BE(EXPIRY);
  if (!isGenuine || expiresAt <= nowInSeconds) return undefined;
  return { client: bytes.readUIntBE(CLIENT, END - CLIENT), expiresAt };
}

/** As text, which takes less time than as bytes. */
function signatureOf(signed: string, key: KeyObject): string {
  const signature = createHmac("sha256", key).update(signed).digest("base64url");
  return signature.slice(0, SIGNATURE_LENGTH);
}

/** Takes the same time whatever differs. */
function isSame(expected: string, given: string): boolean {
  return timingSafeEqual(Buffer.from(expected, "latin1"), Buffer.from(given, "latin1"));
}
