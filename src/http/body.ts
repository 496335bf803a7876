import type { Request, RequestHandler, Response } from "express";
import { RequestRefused } from "./problem.ts";

/** Whether the content type says JSON, with or without parameters. */
export function isJson(req: Request): boolean {
  return /^application\/json\s*(;|$)/i.test(req.get("content-type") ?? "");
}

type ReadBody = (req: Request, res: Response) => Promise<Buffer>;

/**
 * Reads the whole body, whether or not a body parser of the application has read it before.
 *
 * @returns A function that throws RequestRefused.
 */
export function bodyReader(maxBodyInBytes: number): ReadBody {
  let parser: Promise<RequestHandler> | undefined;
  return async (req, res) => {
    if (req.readableDidRead) return consumedBody(req, maxBodyInBytes);
    const length = Number(req.get("content-length"));
    if (length > maxBodyInBytes) throw tooLarge(maxBodyInBytes);
    if (isPlain(req, length)) {
      const body = await plainBody(req, length);
      req.body = body;
      return body;
    }
    parser ??= rawParser(maxBodyInBytes);
    const read = await parser;
    const error = await new Promise<unknown>((resolve) => read(req, res, resolve));
    if (error) throw refusalOf(error, maxBodyInBytes);
    // The parser takes a request that has been cut off for one without a body. One that was injected
    // says neither that nor the contrary.
    if (req.complete === false) throw unreadable();
    return hasBody(req) ? consumedBody(req, maxBodyInBytes) : Buffer.alloc(0);
  };
}

/** Whether it comes as it is, and has said how much: then there is nothing for a parser to do. */
function isPlain(req: Request, length: number): boolean {
  const { headers, body, destroyed, readableEnded } = req;
  return (
    Number.isInteger(length) &&
    headers["transfer-encoding"] === undefined &&
    headers["content-encoding"] === undefined &&
    body === undefined &&
    !destroyed &&
    !readableEnded
  );
}

/** No more than was announced ever comes. @throws RequestRefused for less */
function plainBody(req: Request, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      if (body.length === length && req.complete !== false) resolve(body);
      else reject(unreadable());
    };
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", end).on("error", end).on("close", end);
  });
}

/** What was read, or what an adapter of a serverless platform has put there with nothing to read. */
function hasBody({ body }: Request): boolean {
  if (Buffer.isBuffer(body)) return body.length > 0;
  return typeof body === "object" && body !== null ? Object.keys(body).length > 0 : Boolean(body);
}

/** The application has loaded Express by then; importing this package does not. */
async function rawParser(limit: number): Promise<RequestHandler> {
  const { default: express } = await import("express");
  return express.raw({ type: () => true, limit });
}

/** What another parser made of the body, as bytes again. */
function consumedBody(req: Request, maxBodyInBytes: number): Buffer {
  const body: unknown = req.body;
  if (body === undefined) {
    throw new RequestRefused({
      status: 500,
      code: "ERR_BODY_CONSUMED",
      detail: "Something read the body before and kept nothing in req.body.",
    });
  }
  let buffer: Buffer;
  try {
    buffer = Buffer.isBuffer(body) ? body : Buffer.from(textOf(body, isJson(req)));
  } catch {
    // Nested so deep that it cannot be written down again.
    throw unreadable();
  }
  if (buffer.length > maxBodyInBytes) throw tooLarge(maxBodyInBytes);
  return buffer;
}

function textOf(body: unknown, isJson: boolean): string {
  if (typeof body !== "string") return JSON.stringify(body) ?? "";
  // Under a JSON content type, text that is no JSON is a string that a JSON parser has unwrapped.
  return isJson && !isJsonText(body) ? JSON.stringify(body) : body;
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function refusalOf(error: unknown, maxBodyInBytes: number): RequestRefused {
  const { type } = error as { type?: string };
  if (type === "entity.too.large") return tooLarge(maxBodyInBytes);
  if (type !== "encoding.unsupported") return unreadable();
  const detail = "The content encoding is not supported.";
  return new RequestRefused({ status: 415, code: "ERR_MALFORMED_BODY", detail });
}

function unreadable(): RequestRefused {
  const detail = "The body could not be read.";
  return new RequestRefused({ status: 400, code: "ERR_MALFORMED_BODY", detail });
}

function tooLarge(maxBodyInBytes: number): RequestRefused {
  const detail = `The body is larger than ${maxBodyInBytes} bytes.`;
  return new RequestRefused({ status: 413, code: "ERR_BODY_TOO_LARGE", detail });
}
