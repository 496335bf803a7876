import type { Response } from "express";

/** JSON that is put together of texts, and of bytes that other answers share, which are not copied. */
export class JsonParts {
  readonly #parts: (string | Buffer)[] = [];

  get list(): readonly (string | Buffer)[] {
    return this.#parts;
  }

  add(part: string | Buffer): this {
    const last = this.#parts.at(-1);
    if (typeof part !== "string" || typeof last !== "string") this.#parts.push(part);
    else this.#parts[this.#parts.length - 1] = last + part;
    return this;
  }
}

/** Answers 200 without the detours of `res.json`: an answer that nobody may store needs no entity tag. */
export function sendJson(res: Response, body: object): void {
  sendJsonParts(res, new JsonParts().add(JSON.stringify(body)));
}

/** The same with JSON that is written down already. */
export function sendJsonParts(res: Response, { list }: JsonParts): void {
  res.statusCode = 200;
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", bytesOf(list));
  // Node gathers what is written in one turn.
  for (const part of list.slice(0, -1)) res.write(part);
  res.end(list.at(-1));
}

function bytesOf(parts: readonly (string | Buffer)[]): number {
  let bytes = 0;
  for (const part of parts) bytes += Buffer.byteLength(part);
  return bytes;
}
