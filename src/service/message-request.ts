import { randomUUID } from "node:crypto";
import { API_VERSION } from "./api-version.ts";
import type { EncodedBody } from "./encoded-body.ts";

/** Who a message is for. */
export type MessageTarget =
  | { readonly kind: "hub" }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "user"; readonly userId: string };

/** A message as it goes over the wire, the same for all endpoints. */
export interface MessageRequest {
  readonly path: string;
  readonly body: EncodedBody;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

/** The options that are known here; with any other one, the SDK is to make the request. */
interface OwnOptions {
  readonly filter?: string | undefined;
  readonly excludedConnections?: readonly string[] | undefined;
  readonly messageTtlSeconds?: number | undefined;
}

const OWN_OPTIONS: ReadonlySet<string> = new Set([
  "filter",
  "excludedConnections",
  "messageTtlSeconds",
] satisfies (keyof OwnOptions)[]);
/** Nobody but this package sets them, so none is there twice. */
const METADATA_HEADER = /^x-webpubsub-metadata-/i;

/**
 * The request by which the SDK would send a message, without the SDK, which takes longer for that
 * than the request itself. A test holds each byte of it against the SDK's.
 *
 * @param options What the SDK would be given.
 * @returns Undefined where something is wanted that only the SDK can do.
 */
export function messageRequest(
  hub: string,
  target: MessageTarget,
  body: EncodedBody,
  options: object,
): MessageRequest | undefined {
  const { requestOptions, ...own } = options as OwnOptions & { readonly requestOptions?: object };
  const metadata = metadataOf(requestOptions);
  const isKnown = Object.keys(own).every((name) => OWN_OPTIONS.has(name));
  if (metadata === undefined || !isKnown) return undefined;
  let path: string;
  try {
    path = `/api/hubs/${encodeURIComponent(hub)}${pathOf(target)}/:send${queryOf(target, own)}`;
  } catch {
    // Half of a surrogate pair, which the SDK says in its way.
    return undefined;
  }
  const headers = ["content-type", body.contentType, "accept", "application/json", ...metadata];
  return { path, body, headers };
}

/** The headers of one attempt, names and values in turn. */
export function headersOf({ headers }: MessageRequest, authorization: string): string[] {
  return [
    ...headers,
    "authorization",
    authorization,
    "user-agent",
    USER_AGENT,
    "x-ms-client-request-id",
    randomUUID(),
  ];
}

export const USER_AGENT = "express-resilient-pubsub";

function pathOf(target: MessageTarget): string {
  if (target.kind === "group") return `/groups/${encodeURIComponent(target.group)}`;
  return target.kind === "user" ? `/users/${encodeURIComponent(target.userId)}` : "";
}

function queryOf(
  { kind }: MessageTarget,
  { filter, excludedConnections = [], messageTtlSeconds }: OwnOptions,
): string {
  let query = `?api-version=${API_VERSION}`;
  // Of the connections of a user, none can be left out.
  if (kind !== "user") for (const id of excludedConnections) query += `&excluded=${encoded(id)}`;
  if (filter !== undefined) query += `&filter=${encoded(filter)}`;
  if (messageTtlSeconds !== undefined) query += `&messageTtlSeconds=${messageTtlSeconds}`;
  return query;
}

/** As a URL has it in its query, where it differs from its path. */
const encoded = (text: string): string => encodeURIComponent(text).replaceAll("'", "%27");

/** Undefined when there is more than metadata. */
function metadataOf(requestOptions: object = {}): string[] | undefined {
  const { customHeaders = {}, ...rest } = requestOptions as {
    readonly customHeaders?: Readonly<Record<string, string>>;
  };
  const names = Object.keys(customHeaders);
  const isKnown = names.every((name) => METADATA_HEADER.test(name));
  if (!isKnown || Object.keys(rest).length > 0) return undefined;
  return names.flatMap((name) => [name.toLowerCase(), customHeaders[name]?.trim() ?? ""]);
}
