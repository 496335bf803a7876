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
/** Where each part of a grant begins: format, key id, expiry, client, signature. */
const [KEY_ID, EXPIRY, CLIENT, MAC, END] = [1, 7, 11, 17, 33] as const;
/** What base64url makes of it, without a bit to spare, so that no two texts are the same grant. */
const GRANT = /^[\w-]{44}$/;

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
  bytes.writeUIntBE(client, CLIENT, MAC - CLIENT);
  signatureOf(bytes, key).copy(bytes, MAC);
  return bytes.toString("base64url");
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
  if (!GRANT.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  const id = bytes.subarray(KEY_ID, EXPIRY);
  const isSigned =
    bytes[0] === FORMAT &&
    keys.some(
      (known) =>
        known.id.equals(id) && timingSafeEqual(signatureOf(bytes, known.key), bytes.subarray(MAC)),
    );
  const expiresAt = bytes.readUInt32BE(EXPIRY);
  if (!isSigned || expiresAt <= nowInSeconds) return undefined;
  return { client: bytes.readUIntBE(CLIENT, MAC - CLIENT), expiresAt };
}

function signatureOf(bytes: Buffer, key: KeyObject): Buffer {
  const signature = createHmac("sha256", key).update(bytes.subarray(0, MAC)).digest();
  return signature.subarray(0, END - MAC);
}
