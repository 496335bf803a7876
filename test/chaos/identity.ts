import type { AccessToken, GetTokenOptions, TokenCredential } from "@azure/core-auth";
import { entraCredential } from "../support/entra-credential.ts";
import type { Silence } from "./plan.ts";

const LIFETIME_IN_S = 3;

/** A credential whose tokens are short-lived, and which gives none during an outage. */
export class Identity implements TokenCredential {
  readonly #good = entraCredential(LIFETIME_IN_S);
  readonly #hanging = new Set<Promise<void>>();
  #silence: Silence | undefined;
  /** When the token that lives longest ends, monotonic milliseconds. */
  #endsAt = 0;

  get lastTokenEndsAt(): number {
    return this.#endsAt;
  }

  /** @param silence Undefined: the outage is over. */
  fallSilent(silence: Silence | undefined): void {
    this.#silence = silence;
  }

  /** Resolves when nobody waits any more for an answer that will not come. */
  async letGo(): Promise<void> {
    await Promise.all(this.#hanging);
  }

  async getToken(scope: string | string[], options?: GetTokenOptions): Promise<AccessToken | null> {
    switch (this.#silence) {
      case "throws":
        throw new Error("there is no managed identity here");
      case "hangs":
        return this.#hang(options);
      case "null":
        return Promise.reject(null);
      case "nonsense":
        return { token: 7, expiresOnTimestamp: "soon" } as never;
      case undefined: {
        const token = await this.#good.getToken(scope, options);
        const leftInMs = (token?.expiresOnTimestamp ?? 0) - Date.now();
        this.#endsAt = Math.max(this.#endsAt, performance.now() + leftInMs);
        return token;
      }
    }
  }

  /** Nothing that is answered, until whoever asked gives up. */
  #hang({ abortSignal }: GetTokenOptions = {}): Promise<never> {
    const abandoned = new Promise<void>((resolve) => {
      abortSignal?.addEventListener("abort", () => resolve(), { once: true } as never);
    });
    const tracked = abandoned.finally(() => this.#hanging.delete(tracked));
    this.#hanging.add(tracked);
    return new Promise(() => {});
  }
}
