import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Request, Response } from "express";
import { describeValue } from "../kit/describe-value.ts";
import { ResilientPubSubError } from "../kit/errors.ts";

/** What the handlers made of an event, before any of it is sent. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | Uint8Array;
}

export interface UpstreamEvent {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * The service puts the state into a header of each later event of the connection. Proxies take 8 kB
 * for one header, and Node 16 kB for all of them; beyond that, every such event would be refused.
 */
const maxStateLength = 8000;
const STATE_HEADER = "ce-connectionState";

/** A request with an event for `@azure/web-pubsub-express`. */
export function standInRequest({ headers, body }: UpstreamEvent): Request {
  const stream = Readable.from([body], { objectMode: false });
  // The SDK ignores events without this header, which the service's documentation does not mention.
  const complete = { "ce-awpsversion": "1.0", ...headers };
  return Object.assign(stream, {
    headers: complete,
    method: "POST",
    baseUrl: "",
    path: "/",
  }) as unknown as Request;
}

/** A response that turns into an answer, or into what is wrong with it. */
export function standInResponse() {
  const headers = new Map<string, string>();
  let give: (answer: UpstreamAnswer) => void;
  let refuse: (error: unknown) => void;
  // Only the first answer counts: a promise takes no notice of what comes later.
  const answer = new Promise<UpstreamAnswer>((resolve, reject) => {
    give = resolve;
    refuse = reject;
  });
  const response = {
    statusCode: 200,
    setHeader: (name: string, value: string) => headers.set(name, value),
    end: (body?: unknown) => {
      try {
        checkState(headers.get(STATE_HEADER));
        const status = statusOf(response.statusCode);
        give({ status, headers: new Map(headers), body: bytesOf(body) });
      } catch (error) {
        refuse(error);
      }
    },
  };
  return {
    response: response as unknown as Response,
    answer,
    refuse: (error: unknown) => refuse(error),
  };
}

/**
 * The same functions of a handler's response, which throw nothing: an answer that cannot be written
 * down is refused. In a callback of the handler's, nobody would catch what they throw.
 */
export function withoutThrowing<Functions extends object>(
  functions: Functions,
  refuse: (error: unknown) => void,
): Functions {
  const entries = Object.entries(functions).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      try {
        return call(...args);
      } catch (error) {
        return refuse(error);
      }
    },
  ]);
  return Object.fromEntries(entries);
}

function checkState(state: string | undefined): void {
  if (state === undefined || state.length <= maxStateLength) return;
  throw new ResilientPubSubError(
    "ERR_STATE_TOO_LARGE",
    `The state of setState comes to ${state.length} characters in base64, and ${maxStateLength} are the most that every later event of the connection can carry; keep in it what finds the rest, such as an id, and the rest in a store of your own`,
  );
}

function statusOf(status: unknown): number {
  if (Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599) {
    return Number(status);
  }
  throw new RangeError(`A handler answered with the status ${describeValue(status)}`);
}

function bytesOf(body: unknown): string | Uint8Array {
  if (body === undefined || body === null) return "";
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  }
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError(
    `A handler answered with ${describeValue(body)}; give text (JSON.stringify what is JSON) or bytes`,
  );
}
