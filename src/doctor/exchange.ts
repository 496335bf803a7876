import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { AbortSignalLike } from "../contract/abort-signal.ts";
import { withDeadline } from "../kit/deadline.ts";

export interface ExchangeRequest {
  readonly method: "GET" | "OPTIONS" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What was answered; redirects are answers too. */
export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Its beginning. */
  readonly body: string;
  readonly durationInMs: number;
}

interface Limits {
  readonly timeoutInMs: number;
  readonly signal: AbortSignalLike;
}

/** Enough to tell a page from a problem, and for a token. */
const maxBodyLength = 64 * 1024;

/**
 * One request by a connection of its own, whose answer is taken as it is.
 *
 * @throws DeadlineError, the reason of the signal, or what the connection failed with
 */
export function exchange(
  url: string,
  { method, headers, body }: ExchangeRequest,
  { timeoutInMs, signal }: Limits,
): Promise<Exchange> {
  const startedAt = performance.now();
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  const request = send(url, { method, agent: false, headers: { ...headers } });
  const answered = new Promise<Exchange>((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      const durationInMs = performance.now() - startedAt;
      const chunks: Buffer[] = [];
      let length = 0;
      const finish = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
          durationInMs,
        });
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length > maxBodyLength) finish();
      });
      response.on("end", finish).on("error", reject);
    });
    request.end(body);
  });
  return withDeadline(timeoutInMs, signal, () => answered).finally(() => request.destroy());
}
