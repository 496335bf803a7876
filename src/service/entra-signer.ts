import type { TokenCredential } from "@azure/core-auth";
import type { AbortSignalLike } from "../contract/abort-signal.ts";
import { unlessAborted } from "../kit/deadline.ts";
import type { Signer } from "./signer.ts";
import { TokenSource } from "./token-source.ts";

/** Signs with the token of a credential. A request waits for one no longer than its signal lets it. */
export class EntraSigner implements Signer {
  readonly #source: TokenSource;

  constructor(credential: TokenCredential) {
    this.#source = new TokenSource(credential);
  }

  async sign(_url: string, signal: AbortSignalLike | undefined): Promise<string> {
    const asking = this.#source.get();
    return PREFIX + (await (signal ? unlessAborted(signal, asking) : asking));
  }

  onStatus(status: number, authorization: string): void {
    if (status === 401) this.#source.drop(authorization.slice(PREFIX.length));
  }
}

const PREFIX = "Bearer ";
