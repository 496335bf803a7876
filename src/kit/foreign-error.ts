import { safeText } from "./safe-text.ts";

const REDACTED = "[redacted]";
/** What was made of a secret for one request, or for everybody who knows the URL. */
const SIGNATURES =
  /\b(?:(?:SharedKey|Bearer)\s+|sig=|client_(?:secret|assertion)=)[^\s&]+|\beyJ[\w-]{8,}(?:\.[\w-]*)*/gi;

/** What libraries say in their errors besides the message. */
interface Details {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  /** The number that the support of Azure asks for. */
  readonly requestId?: unknown;
}

/**
 * The telling parts of a library's error, fit to be printed. The error itself may hold the request
 * with its signature, or repeat a command together with the password in it.
 */
export class ForeignError extends Error {
  readonly code: string | undefined;
  readonly statusCode: number | undefined;
  readonly requestId: string | undefined;

  /**
   * @param error Whatever was thrown.
   * @param message What it says, as far as that is of use.
   * @param secrets Texts that must not be repeated.
   */
  constructor(error: unknown, message = messageOf(error), secrets: readonly string[] = []) {
    const { code, statusCode, requestId } = (error ?? {}) as Details;
    super(safeText(redact(message, secrets).replace(/\s+/g, " ").trim()));
    this.name = error instanceof Error ? safeText(error.name) : "Error";
    this.code = textOf(code);
    this.statusCode = typeof statusCode === "number" ? statusCode : undefined;
    this.requestId = textOf(requestId);
  }
}

/** What an error says; it may be anything that can be thrown. */
export function messageOf(error: unknown): string {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  // Node's error for a name with several addresses, none of which answers, has a code only.
  const text = [message, code].find((said) => typeof said === "string" && said !== "");
  return typeof text === "string" ? text : printed(error);
}

/** Anything may be thrown, even what is no text and refuses to become one. */
function printed(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "an error that cannot be printed";
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? safeText(value) : undefined;

function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== "")
    .reduce((safe, secret) => safe.replaceAll(secret, REDACTED), text)
    .replace(SIGNATURES, REDACTED);
}
