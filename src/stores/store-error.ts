import type { ErrorCode } from "../contract/error-code.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { safeLine } from "../kit/safe-text.ts";

/** A failure of a store as whoever runs the app should hear of it. */
export interface StoreFailure {
  readonly code: Extract<ErrorCode, `ERR_STORE_${string}`>;
  readonly what: string;
  readonly remedy: string;
}

/** The remedy for what passes without anybody's help. */
export const TRIED_AGAIN = "it is tried again by itself";

const REDACTED = "[redacted]";
/** What was made of a secret for one request, or for everybody who knows the URL. */
const SIGNATURES = /\b(?:(?:SharedKey|Bearer)\s+|sig=)[^\s&]+/gi;

/** What libraries say in their errors besides the message. */
interface Details {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  /** The number that the support of Azure asks for. */
  readonly requestId?: unknown;
}

export function storeError(
  description: string,
  { code, what, remedy }: StoreFailure,
  cause?: Error,
): ResilientPubSubError {
  return new ResilientPubSubError(code, `${description}: ${what}; ${remedy}`, { cause });
}

/**
 * The telling parts of a library's error. The error itself may hold the request with its signature,
 * or repeat a command together with the password in it.
 */
export class StoreCause extends Error {
  readonly code: string | undefined;
  readonly statusCode: number | undefined;
  readonly requestId: string | undefined;

  constructor(error: unknown, secrets: readonly string[]) {
    const { code, statusCode, requestId } = (error ?? {}) as Details;
    super(redact(firstLineOf(error), secrets));
    this.name = error instanceof Error ? error.name : "Error";
    this.code = typeof code === "string" ? code : undefined;
    this.statusCode = typeof statusCode === "number" ? statusCode : undefined;
    this.requestId = typeof requestId === "string" ? requestId : undefined;
  }
}

/** Those after the first tell times and numbers, and what was signed. */
function firstLineOf(error: unknown): string {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  // Node's error for a name with several addresses, none of which answers, has a code only.
  const text = [message, code].find((said) => typeof said === "string" && said !== "");
  return safeLine(
    String(text ?? error)
      .split("\n", 1)
      .join(),
  );
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== "")
    .reduce((safe, secret) => safe.replaceAll(secret, REDACTED), text)
    .replace(SIGNATURES, REDACTED);
}
