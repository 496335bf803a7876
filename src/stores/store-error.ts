import type { ErrorCode } from "../contract/error-code.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { ForeignError, messageOf } from "../kit/foreign-error.ts";

type StoreErrorCode = Extract<ErrorCode, `ERR_STORE_${string}`>;

/** What a store is for. */
export type StoreKind = "coordination" | "history";

/** A failure of a store as whoever runs the app should hear of it. */
export interface StoreFailure {
  readonly code: StoreErrorCode;
  readonly what: string;
  readonly remedy: string;
  /** What the store is for. Default `coordination`. */
  readonly kind?: StoreKind | undefined;
}

/** The remedy for what passes without anybody's help. */
export const TRIED_AGAIN = "it is tried again by itself";

/** What strangers may know, who have no business with where the store is. */
const SUMMARIES: Readonly<Record<StoreErrorCode, string>> = {
  ERR_STORE_UNAVAILABLE: "was not reached, or has not answered in time",
  ERR_STORE_REFUSED: "does not do what it is asked",
  ERR_STORE_UNREADABLE: "holds something that cannot be read",
};

class StoreError extends ResilientPubSubError {
  readonly #kind: StoreKind;

  constructor(code: StoreErrorCode, message: string, kind: StoreKind, cause: Error | undefined) {
    super(code, message, { cause });
    this.#kind = kind;
  }

  override toJSON() {
    const summary = SUMMARIES[this.code as StoreErrorCode];
    return { ...super.toJSON(), message: `The ${this.#kind} store ${summary}` };
  }
}

export function storeError(
  description: string,
  { code, what, remedy, kind = "coordination" }: StoreFailure,
  cause?: Error,
): ResilientPubSubError {
  return new StoreError(code, `${description}: ${what}; ${remedy}`, kind, cause);
}

/** The telling parts of a library's error. Lines after the first tell times and numbers, and what was signed. */
export function storeCause(error: unknown, secrets: readonly string[]): ForeignError {
  const [firstLine] = messageOf(error).split("\n", 1);
  return new ForeignError(error, firstLine, secrets);
}
