import type { KeyObject } from "node:crypto";
import { BoundedMap } from "../kit/bounded-map.ts";
import { signToken } from "./sign-token.ts";
import type { Signer } from "./signer.ts";

const LIFETIME_IN_SECONDS = 3600;
/** Early enough for any request to arrive in time. */
const REUSE_FOR_IN_MS = (LIFETIME_IN_SECONDS / 2) * 1000;
/** With the bound of their length, about 300 kB. */
const maxRemembered = 256;
const maxLengthOfRemembered = 512;
/** What is about one user or connection hardly comes again; neither does what clients have written. */
const OF_ONE_CALL = /\/(users|connections)\/|[?&](filter|reason|excluded|targetName)=/;

interface Signed {
  readonly authorization: string;
  /** Epoch milliseconds, as the service reads them in the token. */
  readonly at: number;
}

const isWorthRemembering = (url: string): boolean =>
  url.length <= maxLengthOfRemembered && !OF_ONE_CALL.test(url);

/**
 * Signs requests as the SDK does, but the same one only once in a while: the token depends on the
 * URL alone.
 */
export class KeySigner implements Signer {
  readonly #key: KeyObject;
  readonly #remembered = new BoundedMap<string, Signed>(maxRemembered);

  constructor(key: KeyObject) {
    this.#key = key;
  }

  sign(url: string): string {
    const now = Date.now();
    if (!isWorthRemembering(url)) return this.#signed(url, now);
    const known = this.#remembered.get(url);
    const isFresh = known && now >= known.at && now - known.at < REUSE_FOR_IN_MS;
    if (isFresh) return known.authorization;
    const authorization = this.#signed(url, now);
    this.#remembered.set(url, { authorization, at: now });
    return authorization;
  }

  #signed(url: string, now: number): string {
    const iat = Math.floor(now / 1000);
    return `Bearer ${signToken(this.#key, { iat, exp: iat + LIFETIME_IN_SECONDS, aud: url })}`;
  }
}
