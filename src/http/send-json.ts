import type { Response } from "express";

/** Answers 200 without the detours of `res.json`: an answer that nobody may store needs no entity tag. */
export function sendJson(res: Response, body: object): void {
  sendJsonText(res, JSON.stringify(body));
}

/** The same with JSON that is written down already. */
export function sendJsonText(res: Response, json: string): void {
  res.statusCode = 200;
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", Buffer.byteLength(json));
  res.end(json);
}
