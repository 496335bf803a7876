import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { canonicalHub } from "../kit/hub-name.ts";
import { maxClientUrlLength } from "../kit/service-limits.ts";
import { type Claims, readClaims, writeClaims } from "./claims.ts";

/** What a client may ask for reviews and for the history with, without being asked who it is. */
export interface Grant {
  /** A number of 48 bits to tell it from others by, drawn at random for each grant. It is no secret. */
  readonly client: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** What it may ask of the history; undefined for reviews only. */
  readonly claims?: Claims | undefined;
}

/** A key for the grants of one hub, and nothing else. */
export interface GrantKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}

/** By what a grant holds behind the fixed part: nothing, or claims. */
const FORMAT = { bare: 1, withClaims: 2 } as const;
const KEY_LENGTH = 32;
/** Where each part of what is signed begins: format, key id, expiry, client. */
const [KEY_ID, EXPIRY, CLIENT, END] = [1, 8, 12, 18] as const;
/** It, the claims and the signature as base64url. What is signed is the text: no two are the same grant. */
const GRANT = /^([\w-]{24})([\w-]*)([\w-]{24})$/;
const SIGNATURE_LENGTH = 24;
/** As much as there is room for in the URL of a request. */
const maxGrantLength = maxClientUrlLength;

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

/** What a client is told from others by. */
export const drawClient = (random: () => number): number => Math.floor(random() * 2 ** 48);

export function signGrant({ id, key }: GrantKey, { client, expiresAt, claims }: Grant): string {
  const bytes = Buffer.allocUnsafe(END);
  bytes.writeUInt8(claims ? FORMAT.withClaims : FORMAT.bare);
  id.copy(bytes, KEY_ID);
  bytes.writeUInt32BE(expiresAt, EXPIRY);
  bytes.writeUIntBE(client, CLIENT, END - CLIENT);
  const fixed = bytes.toString("base64url");
  const signed = claims ? fixed + Buffer.from(writeClaims(claims)).toString("base64url") : fixed;
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
  const [, fixed, claimed, signature] = (text.length <= maxGrantLength && GRANT.exec(text)) || [];
  if (fixed === undefined || claimed === undefined || signature === undefined) return undefined;
  const bytes = Buffer.from(fixed, "base64url");
  const id = bytes.subarray(KEY_ID, EXPIRY);
  const signed = fixed + claimed;
  const isGenuine = keys.some(
    (known) => known.id.equals(id) && isSame(signatureOf(signed, known.key), signature),
  );
  const expiresAt = bytes.readUInt32BE(EXPIRY);
  if (!isGenuine || expiresAt <= nowInSeconds) return undefined;
  const grant = { client: bytes.readUIntBE(CLIENT, END - CLIENT), expiresAt };
  if (bytes[0] === FORMAT.bare) return claimed === "" ? grant : undefined;
  const claims =
    bytes[0] === FORMAT.withClaims
      ? readClaims(Buffer.from(claimed, "base64url").toString())
      : undefined;
  return claims && { ...grant, claims };
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
