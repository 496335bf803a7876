import http, { type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";
import { CallError, callErrorFrom } from "./call-error.ts";

export interface OutgoingCall {
  readonly method: "GET" | "OPTIONS" | "POST";
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
  /** For the headers of the answer, and once more for its body. */
  readonly timeoutInMs: number;
  readonly abort?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Every value of each header, in their order. */
  readonly headersDistinct: NodeJS.Dict<string[]>;
  readonly body: Buffer;
}

const maxAnswerBytes = 16 * 1024 * 1024;

// An event whose connection breaks off is not sent again, so no call may meet one that the app
// server is closing for want of use: we do that first. Five seconds is what servers usually wait.
const IDLE_TIME_IN_MS = 1000;

/** Calls app servers over kept-alive connections, which end with it. Follows no redirects. */
export class Transport {
  readonly #agents = {
    "http:": new http.Agent({ keepAlive: true, timeout: IDLE_TIME_IN_MS }),
    "https:": new https.Agent({ keepAlive: true, timeout: IDLE_TIME_IN_MS }),
  };
  readonly #inFlight = new Set<http.ClientRequest>();
  #isClosed = false;

  /**
   * Any status is an answer.
   *
   * @throws CallError on network failure, on timeout and when aborted.
   */
  async call(call: OutgoingCall): Promise<Answer> {
    if (this.#isClosed) throw new CallError("interrupted");
    try {
      return await this.#attempt(call);
    } catch (error) {
      throw callErrorFrom(error);
    }
  }

  /** Ends every call under way, each with a rejection. */
  abort(): void {
    for (const request of this.#inFlight) request.destroy(new CallError("interrupted"));
  }

  close(): void {
    this.#isClosed = true;
    this.abort();
    this.#agents["http:"].destroy();
    this.#agents["https:"].destroy();
  }

  #attempt({ method, url, headers, body, timeoutInMs, abort }: OutgoingCall): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const scheme = new URL(url).protocol === "https:" ? "https:" : "http:";
      const { request: open } = scheme === "https:" ? https : http;
      const length = body ? { "Content-Length": body.length } : {};
      const request = open(url, {
        method,
        agent: this.#agents[scheme],
        headers: { ...headers, ...length },
      });
      const end = (reason: "timedOut" | "cancelled") => () =>
        request.destroy(new CallError(reason));
      const timer = setTimeout(end("timedOut"), timeoutInMs);
      const cancel = end("cancelled");
      this.#inFlight.add(request);
      request
        .on("response", (response) => {
          timer.refresh();
          const { statusCode: status = 0, headers, headersDistinct } = response;
          readAll(response).then(
            (bytes) => resolve({ status, headers, headersDistinct, body: bytes }),
            // A call that we ended ourselves is a broken answer to its reader; the request knows why.
            (error) => reject(request.errored ?? error),
          );
        })
        // Nobody asked for another protocol, so there is no answer to wait for.
        .on("upgrade", (_response, socket) => {
          socket.destroy();
          reject(new CallError("malformed"));
        })
        .on("error", reject)
        .on("close", () => {
          clearTimeout(timer);
          abort?.removeEventListener("abort", cancel);
          this.#inFlight.delete(request);
        })
        .end(body);
      if (abort?.aborted) cancel();
      else abort?.addEventListener("abort", cancel);
    });
  }
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new CallError("tooLarge");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
