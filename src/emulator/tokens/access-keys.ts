import { createSecretKey, type KeyObject } from "node:crypto";
import type { KeyName } from "../contract/operation-options.ts";

interface AccessKey {
  readonly text: string;
  // Made once: from text it would cost many times more than the check of a token.
  readonly secret: KeyObject;
}

/** The two keys of a service instance. Each is as good as the other, so that one can be replaced. */
export class AccessKeys {
  readonly #keys: Record<KeyName, AccessKey>;

  constructor(primary: string, secondary: string) {
    this.#keys = { primary: readKey(primary), secondary: readKey(secondary) };
  }

  get primary(): string {
    return this.#keys.primary.text;
  }

  get secondary(): string {
    return this.#keys.secondary.text;
  }

  /** The primary one first. */
  all(): readonly [string, string] {
    return [this.primary, this.secondary];
  }

  /** As `all`, ready to be verified with. */
  secrets(): readonly [KeyObject, KeyObject] {
    return [this.#keys.primary.secret, this.#keys.secondary.secret];
  }

  /** What the old key has signed is worth nothing from now on. */
  replace(which: KeyName, key: string): void {
    this.#keys[which] = readKey(key);
  }
}

const readKey = (text: string): AccessKey => ({ text, secret: createSecretKey(text, "utf8") });
