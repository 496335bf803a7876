import type { ErrorCode } from "../contract/error-code.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { ForeignError, messageOf } from "../kit/foreign-error.ts";

type StoreErrorCode = Extract<ErrorCode, `ERR_STORE_${string}`>;

/** A failure of a store as whoever runs the app should hear of it. */
export interface StoreFailure {
  readonly code: StoreErrorCode;
  readonly what: string;
  readonly remedy: string;
}

/** The remedy for what passes without anybody's help. */
export const TRIED_AGAIN = "it is tried again by itself";

/** What strangers may know, who have no business with where the store is. */
const SUMMARIES: Readonly<Record<StoreErrorCode, string>> = {
  ERR_STORE_UNAVAILABLE: "The coordination store was not reached, or has not answered in time",
  ERR_STORE_REFUSED: "The coordination store does not do what it is asked",
  ERR_STORE_UNREADABLE: "The coordination store holds something that cannot be read",
};

class StoreError extends ResilientPubSubError {
  override toJSON() {
    return { ...super.toJSON(), message: SUMMARIES[this.code as StoreErrorCode] };
  }
}

export function storeError(
  description: string,
  { code, what, remedy }: StoreFailure,
  cause?: Error,
): ResilientPubSubError {
  return new StoreError(code, `${description}: ${what}; ${remedy}`, { cause });
}

/** The telling parts of a library's error. Lines after the first tell times and numbers, and what was signed. */
export function storeCause(error: unknown, secrets: readonly string[]): ForeignError {
  const [firstLine] = messageOf(error).split("\n", 1);
  return new ForeignError(error, firstLine, secrets);
}
