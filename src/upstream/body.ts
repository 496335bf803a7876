import express, { type Request, type Response } from "express";
import type { Problem } from "../problem.ts";

type ReadBody = (req: Request, res: Response) => Promise<Buffer | Problem>;

/** Reads the whole body, whether or not a body parser of the application has read it before. */
export function bodyReader(maxBodyInBytes: number): ReadBody {
  const readRaw = express.raw({ type: () => true, limit: maxBodyInBytes });
  return async (req, res) => {
    if (req.readableDidRead) return consumedBody(req.body, maxBodyInBytes);
    const error = await new Promise<unknown>((resolve) => readRaw(req, res, resolve));
    if (error) return problemOf(error, maxBodyInBytes);
    return Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  };
}

/** What another parser made of the body, as bytes again. */
function consumedBody(body: unknown, maxBodyInBytes: number): Buffer | Problem {
  if (body === undefined) {
    return {
      status: 500,
      code: "ERR_BODY_CONSUMED",
      detail: "Something read the body before and kept nothing in req.body.",
    };
  }
  const bytes =
    Buffer.isBuffer(body) || typeof body === "string" ? body : (JSON.stringify(body) ?? "");
  const buffer = Buffer.from(bytes);
  return buffer.length > maxBodyInBytes ? tooLarge(maxBodyInBytes) : buffer;
}

function problemOf(error: unknown, maxBodyInBytes: number): Problem {
  const { type } = error as { type?: string };
  if (type === "entity.too.large") return tooLarge(maxBodyInBytes);
  if (type === "encoding.unsupported") {
    return {
      status: 415,
      code: "ERR_MALFORMED_BODY",
      detail: "The content encoding is not supported.",
    };
  }
  return { status: 400, code: "ERR_MALFORMED_BODY", detail: "The body could not be read." };
}

function tooLarge(maxBodyInBytes: number): Problem {
  const detail = `The body is larger than ${maxBodyInBytes} bytes.`;
  return { status: 413, code: "ERR_BODY_TOO_LARGE", detail };
}
