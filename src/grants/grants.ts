import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { PluginContext } from "../context/plugin-context.ts";
import { deriveGrantKey, type Grant, type GrantKey, signGrant, verifyGrant } from "./grant.ts";

const WARNING = "ERR_GRANTS_NOT_SHARED";

/**
 * The grants of one plugin. All app servers can verify them: by `negotiate.secret`, or by the access
 * keys of the endpoints, which they share. They may know different endpoints for a while, so a grant
 * is good that any known key has signed.
 */
export class Grants {
  readonly #context: PluginContext;
  readonly #derived = new WeakMap<KeyObject, GrantKey>();
  readonly #own = createSecretKey(randomBytes(32));

  constructor(context: PluginContext) {
    this.#context = context;
  }

  issue(grant: Grant): string {
    const secret = this.#shared(({ leaving }) => !leaving).next().value;
    if (secret === undefined) this.#warn();
    return signGrant(this.#keyOf(secret ?? this.#own), grant);
  }

  /** Undefined for what is none, or none of these servers', or has expired. */
  verify(text: string): Grant | undefined {
    const secrets = [...this.#shared(() => true), this.#own];
    const keys = secrets.map((secret) => this.#keyOf(secret));
    return verifyGrant(text, keys, Date.now() / 1000);
  }

  *#shared(
    isKnown: (endpoint: { readonly leaving: boolean }) => boolean,
  ): Generator<KeyObject, undefined> {
    const { configuration, registry } = this.#context;
    const { secret } = configuration.negotiate;
    yield* secret;
    if (secret.length > 0) return;
    for (const one of registry.all()) {
      if (isKnown(one)) yield* one.endpoint.config.verificationKeys;
    }
  }

  #keyOf(secret: KeyObject): GrantKey {
    const known = this.#derived.get(secret);
    if (known) return known;
    const key = deriveGrantKey(secret, this.#context.configuration.hub);
    this.#derived.set(secret, key);
    return key;
  }

  #warn(): void {
    const { configuration, warnings } = this.#context;
    warnings.warn(
      WARNING,
      `No endpoint of hub "${configuration.hub}" has an access key to sign the grants of its clients with, so the key is a random one, which no other server knows, nor this one after a restart: give all servers the same negotiate.secret`,
    );
  }
}
