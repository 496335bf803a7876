import http, { type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";

export interface OutgoingCall {
  readonly method: "GET" | "OPTIONS" | "POST";
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
  readonly timeoutInMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

const maxAnswerBytes = 16 * 1024 * 1024;

/** Calls app servers over kept-alive connections, which end with it. */
export class Transport {
  readonly #agents = {
    "http:": new http.Agent({ keepAlive: true }),
    "https:": new https.Agent({ keepAlive: true }),
  };
  readonly #inFlight = new Set<http.ClientRequest>();

  /** Rejects on network failure, on timeout and when aborted; any status is an answer. */
  async call(call: OutgoingCall): Promise<Answer> {
    try {
      return await this.#attempt(call);
    } catch (error) {
      // The peer closed a kept-alive connection just as we used it; the call has not been read.
      if (error instanceof StaleConnectionError) return this.#attempt(call);
      throw error;
    }
  }

  /** Ends every call under way, each with a rejection. */
  abort(): void {
    for (const request of this.#inFlight) request.destroy(new Error("The call was aborted."));
  }

  close(): void {
    this.#agents["http:"].destroy();
    this.#agents["https:"].destroy();
  }

  #attempt({ method, url, headers, body, timeoutInMs }: OutgoingCall): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const scheme = new URL(url).protocol === "https:" ? "https:" : "http:";
      const { request: open } = scheme === "https:" ? https : http;
      const length = body ? { "Content-Length": body.length } : {};
      const request = open(url, {
        method,
        agent: this.#agents[scheme],
        headers: { ...headers, ...length },
      });
      const timer = setTimeout(
        () => request.destroy(new Error("The call timed out.")),
        timeoutInMs,
      );
      this.#inFlight.add(request);
      request
        .on("response", (response) => {
          readAll(response).then(
            (bytes) =>
              resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
            reject,
          );
        })
        .on("error", (error: NodeJS.ErrnoException) => {
          const isStale = request.reusedSocket && staleCodes.has(error.code ?? "");
          reject(isStale ? new StaleConnectionError() : error);
        })
        .on("close", () => {
          clearTimeout(timer);
          this.#inFlight.delete(request);
        })
        .end(body);
    });
  }
}

const staleCodes = new Set(["ECONNRESET", "EPIPE"]);

class StaleConnectionError extends Error {}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error("The answer is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
