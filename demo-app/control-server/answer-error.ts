import type { ErrorRequestHandler } from "express";
import { RequestError } from "../contract/environment.ts";

/** Every failure is answered by a sentence; mistakes of the demo itself go to the terminal as well. */
export const answerError: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  if (error instanceof RequestError) {
    res.status(error.status).json({ error: error.message });
    return;
  }
  const status = Number((error as { status?: unknown }).status) || 500;
  if (status >= 500) console.error(error);
  res.status(status).json({ error: SENTENCES[status] ?? sentenceOf(status) });
};

const SENTENCES: Readonly<Record<number, string>> = {
  400: "The body is not JSON.",
  413: "The body is too large for an order.",
};

function sentenceOf(status: number): string {
  return status >= 500
    ? "The demo has made a mistake; the terminal says which."
    : "The demo does not understand this request.";
}
