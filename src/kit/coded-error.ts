/** The key of the mark that tells an error of this package from any other. */
export const BRAND = Symbol.for("express-resilient-pubsub.error");

/** Which part of the package raised an error. */
export type ErrorFamily = "plugin" | "client" | "emulator";

/**
 * What every error of this package is: an error with a stable `code`. It bears a brand besides its
 * class, since an app may have two installs of the package, or both of its builds, with a class
 * each.
 */
export abstract class CodedError<Code extends string> extends Error {
  /** What went wrong, for programs; it has an entry in `docs/error-codes.md`. */
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** @internal */
  abstract get [BRAND](): ErrorFamily;
}

/** Whether an error, which may be anything that was thrown, is one of that part's. */
export function isOfFamily(error: unknown, family: ErrorFamily): boolean {
  return (error as { [BRAND]?: unknown } | null | undefined)?.[BRAND] === family;
}
