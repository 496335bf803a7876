import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { warnOfInternalError } from "../reporting/warnings.ts";

/** An HTTP answer as a value; `Content-Length` follows from the body. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Done when the answer is out, for what would cut its own answer off. */
  readonly afterwards?: () => void;
}

/** A mistake of ours must cost this one answer, not the process. */
export async function answerSafely(
  answer: () => Promise<Reply | undefined>,
): Promise<Reply | undefined> {
  try {
    return await answer();
  } catch (error) {
    warnOfInternalError(error);
    return { status: 500 };
  }
}

/** Answers a request. To a HEAD the body is only measured, not sent; a 204 has no length at all. */
export function writeReply(response: ServerResponse, reply: Reply): void {
  const { status, headers, body, afterwards } = reply;
  const length = status === 204 ? {} : { "Content-Length": Buffer.byteLength(body ?? "") };
  if (afterwards) response.once("close", afterwards);
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
}

/**
 * Answers an upgrade request with a refusal. It closes the connection and says so, since keep-alive
 * agents would use the socket again.
 */
export function refuseUpgrade(socket: Duplex, { status, headers, body = "" }: Reply): void {
  const lines = Object.entries({
    ...headers,
    "Content-Length": Buffer.byteLength(body),
    Connection: "close",
  }).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...lines].join("\r\n");
  socket.once("finish", () => socket.destroy());
  socket.end(`${head}\r\n\r\n${body}`);
}
