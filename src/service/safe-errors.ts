import {
  createHttpHeaders,
  isRestError,
  type PipelineResponse,
  RestError,
} from "@azure/core-rest-pipeline";
import { safeText } from "../kit/safe-text.ts";
import { describeError } from "./describe-error.ts";
import { UnexpectedAnswerError } from "./unexpected-answer.ts";

/**
 * An error that is fit to be printed, and sent to anybody: one line, with code and status. The SDK's
 * holds the request and the answer, with tokens and texts of either side.
 */
export function safeErrorOf(error: unknown): unknown {
  if (!isRestError(error)) return error;
  const { statusCode } = error;
  if (typeof statusCode !== "number") return withSafeJson(error);
  if (statusCode >= 200 && statusCode < 300) {
    return new UnexpectedAnswerError("what is no answer to the request", statusCode);
  }
  const { code, message } = describeError(error);
  // Whoever looks at an answer later looks at no more than this.
  const response = { status: statusCode, headers: headersOf(error) } as PipelineResponse;
  const safe = new RestError(message, {
    statusCode,
    response,
    ...(code !== undefined && { code }),
  });
  hide(safe, "details", detailsOf(error));
  return withSafeJson(safe);
}

const KEPT_HEADERS = ["retry-after", "x-ms-error-code", "date"];
const maxHeaderLength = 100;

function headersOf({ response }: RestError) {
  const headers = createHttpHeaders();
  for (const name of KEPT_HEADERS) {
    const value = response?.headers?.get?.(name);
    if (typeof value === "string") headers.set(name, safeText(value, maxHeaderLength));
  }
  return headers;
}

const maxDetailLength = 500;

/** What the service says itself, for those who ask for it; neither printed nor in any JSON. */
function detailsOf({ details }: RestError): Record<string, string> | undefined {
  if (typeof details !== "object" || details === null) return undefined;
  const texts = ["code", "message", "target"].flatMap((name) => {
    const value: unknown = (details as Record<string, unknown>)[name];
    return typeof value === "string" ? [[name, safeText(value, maxDetailLength)]] : [];
  });
  return Object.fromEntries(texts);
}

function withSafeJson(error: RestError): RestError {
  hide(error, "toJSON", () => describeError(error));
  return error;
}

function hide(error: RestError, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, enumerable: false, configurable: true });
}
