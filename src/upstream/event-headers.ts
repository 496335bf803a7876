import type { IncomingHttpHeaders } from "node:http";
import { RequestRefused } from "../http/problem.ts";
import { maxEventConnectionIdLength } from "../kit/service-limits.ts";

const REQUIRED = ["ce-type", "ce-connectionId", "WebHook-Request-Origin"];

/** What the headers of an event say. */
export interface EventHeaders {
  /** All of them, the text of those that begin with `ce-` read as what it is. */
  readonly all: IncomingHttpHeaders;
  /** Such as `azure.webpubsub.user.message`. */
  readonly type: string;
  readonly connectionId: string;
  /** Empty when the client has none. */
  readonly userId: string;
  /** Empty when it is not said. */
  readonly hub: string;
  readonly origin: string;
  readonly signature: string;
}

/** @throws RequestRefused unless there is all that every event has */
export function readEventHeaders(received: IncomingHttpHeaders): EventHeaders {
  const all = withText(received);
  const headerOf = (name: string): string => String(all[name.toLowerCase()] ?? "");
  for (const name of REQUIRED) if (headerOf(name) === "") throw missing(name);
  const connectionId = headerOf("ce-connectionId");
  if (connectionId.length > maxEventConnectionIdLength) {
    throw malformed(`ce-connectionId is longer than ${maxEventConnectionIdLength} characters.`);
  }
  return {
    all,
    type: headerOf("ce-type"),
    connectionId,
    userId: headerOf("ce-userId"),
    hub: headerOf("ce-hub"),
    origin: headerOf("WebHook-Request-Origin"),
    signature: headerOf("ce-signature"),
  };
}

/** The service writes its headers in UTF-8, of which Node makes a character of each byte. */
function withText(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const entries = Object.entries(headers).map(([name, value]) =>
    name.startsWith("ce-") && typeof value === "string" ? [name, textOf(value)] : [name, value],
  );
  const all: IncomingHttpHeaders = Object.fromEntries(entries);
  // The SDK would take it for no state as well, and write what it is to the console.
  if (!isState(all["ce-connectionstate"])) delete all["ce-connectionstate"];
  return all;
}

/** Whether it is what `setState` writes; the service keeps whatever any app server has given it. */
function isState(state: unknown): boolean {
  try {
    return typeof JSON.parse(Buffer.from(String(state), "base64").toString()) === "object";
  } catch {
    return false;
  }
}

const BYTES_BEYOND_ASCII = /[\u0080-\u00ff]/;
const BEYOND_BYTES = /[\u0100-\uffff]/;

/** What is no UTF-8, or has been decoded already by whoever injected the request, stays as it is. */
function textOf(value: string): string {
  if (!BYTES_BEYOND_ASCII.test(value) || BEYOND_BYTES.test(value)) return value;
  try {
    // A byte order mark is part of the text: without it, two users would have one id.
    const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch {
    return value;
  }
}

export function missing(header: string): RequestRefused {
  const detail = `The header ${header} is missing.`;
  return new RequestRefused({ status: 400, code: "ERR_MISSING_HEADER", detail });
}

function malformed(detail: string): RequestRefused {
  return new RequestRefused({ status: 400, code: "ERR_MALFORMED_HEADER", detail });
}
