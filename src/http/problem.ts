import { STATUS_CODES } from "node:http";
import type { Response } from "express";
import type { ErrorCode } from "../contract/error-code.ts";

/** An error answer as `application/problem+json` (RFC 9457). `detail` must be fit for strangers. */
export interface Problem {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with the problem, unless the answer has begun. */
export function sendProblem(res: Response, { status, code, detail, headers }: Problem): void {
  if (res.headersSent) return;
  res.status(status);
  res.set({ "Cache-Control": "no-store", ...headers });
  res.type("application/problem+json");
  res.end(
    JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, code, detail }),
  );
}

/** Thrown to refuse a request: whoever answers it sends the problem. */
export class RequestRefused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "RequestRefused";
    this.problem = problem;
  }
}

/**
 * Answers a request as the handler does, or with the problem for which it refuses it.
 *
 * @throws whatever else the handler throws
 */
export async function answerOrRefuse(res: Response, handler: () => Promise<void>): Promise<void> {
  try {
    await handler();
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    sendProblem(res, error.problem);
  }
}
