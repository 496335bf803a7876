import { STATUS_CODES } from "node:http";
import type { NextFunction, Response } from "express";
import type { ErrorCode } from "../contract/error-code.ts";
import { type Awaitable, ifFailed } from "../kit/awaitable.ts";
import { escapeUnprintable } from "../kit/safe-text.ts";
import { exposeToOrigins } from "./expose-header.ts";

/**
 * An error answer as `application/problem+json` (RFC 9457). `detail` must be fit for strangers. A
 * `Retry-After` is repeated in the body, as `retryAfterInMs`.
 */
export interface Problem {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with the problem, unless the answer has begun. */
export function sendProblem(res: Response, { status, code, detail, headers }: Problem): void {
  if (res.headersSent) return;
  const retryAfter = headers?.[RETRY_AFTER];
  if (retryAfter !== undefined) exposeToOrigins(res, RETRY_AFTER);
  const body = {
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    code,
    detail: escapeUnprintable(detail),
    ...(retryAfter !== undefined && { retryAfterInMs: Number(retryAfter) * 1000 }),
  };
  res.status(status);
  res.set({ "Cache-Control": "no-store", ...headers });
  res.type("application/problem+json");
  res.end(JSON.stringify(body));
}

const RETRY_AFTER = "Retry-After";

/** Thrown to refuse a request: whoever answers it sends the problem. */
export class RequestRefused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "RequestRefused";
    this.problem = problem;
  }
}

/** The code that a request is answered with, of which this is what its handler threw. */
export const codeOfRefusal = (error: unknown): ErrorCode =>
  error instanceof RequestRefused ? error.problem.code : "ERR_HANDLER_FAILED";

/** What such a request came to, where clients are turned away for the time being. */
export const outcomeOfRefusal = (code: ErrorCode): "shed" | "refused" =>
  code === "ERR_OVERLOADED" ? "shed" : "refused";

/**
 * Answers a request as the handler does, or with the problem for which it refuses it.
 *
 * @param next Gets whatever else the handler throws.
 */
export function answerOrRefuse(
  res: Response,
  next: NextFunction,
  handler: () => Awaitable<void>,
): void {
  const answer = () =>
    ifFailed(handler, (error) => {
      if (!(error instanceof RequestRefused)) throw error;
      sendProblem(res, error.problem);
    });
  void ifFailed(answer, next);
}
