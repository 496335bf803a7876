import { z } from "zod";
import { isGroupName, isUserId } from "../contract/names.ts";
import type { Metadata, Payload } from "../protocol/message.ts";
import type { Answer } from "./transport.ts";

/** What a `connect` handler may decide; whatever is undefined stays as the token has it. */
export type ConnectDecision = z.output<typeof connectDecisionSchema>;

export type ConnectOutcome =
  | { readonly kind: "accepted"; readonly decision: ConnectDecision }
  | { readonly kind: "refused"; readonly status: number };

export type UserEventOutcome =
  | {
      readonly kind: "handled";
      /** Undefined when there is nothing to say to the client. */
      readonly reply: Payload | undefined;
      readonly metadata?: Metadata | undefined;
    }
  /** The message says why, in a sentence for the client. */
  | { readonly kind: "failed"; readonly message: string };

const absentWhenNull = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const connectDecisionSchema = z.object({
  userId: z
    .union([z.literal(""), z.string().refine(isUserId)])
    .nullish()
    .transform((userId) => userId || undefined),
  groups: absentWhenNull(z.array(z.string().refine(isGroupName))),
  roles: absentWhenNull(z.array(z.string())),
  subprotocol: absentWhenNull(z.string().refine((name) => name.trim() !== "")),
});

/** Only a handler's 4xx reaches the client as it is; any other failure is the service's: 500. */
export function readConnectAnswer({ status, body }: Answer): ConnectOutcome {
  if (status >= 400 && status < 500) return { kind: "refused", status };
  if (!isSuccess(status)) return REFUSED_BY_FAILURE;
  const text = body.toString("utf8").trim();
  if (text === "") return ACCEPTED_AS_IS;
  const parsed = parseJson(text);
  if (!parsed) return REFUSED_BY_FAILURE;
  const decision = connectDecisionSchema.safeParse(parsed.value ?? {});
  return decision.success ? { kind: "accepted", decision: decision.data } : REFUSED_BY_FAILURE;
}

export const REFUSED_BY_FAILURE: ConnectOutcome = { kind: "refused", status: 500 };

export const ACCEPTED_AS_IS: ConnectOutcome = {
  kind: "accepted",
  decision: connectDecisionSchema.parse({}),
};

/** An answer in a content type that no client could be given is a failure. */
export function readUserEventAnswer({ status, headers, body }: Answer): UserEventOutcome {
  if (!isSuccess(status)) return failedEvent(`The app server answered ${status}.`);
  if (body.length === 0) return { kind: "handled", reply: undefined };
  const reply = payloadOf(headers["content-type"] || "text/plain", body);
  return reply
    ? { kind: "handled", reply, metadata: metadataOf(headers) }
    : failedEvent("The app server's answer is not of a type that it says or that clients know.");
}

export const failedEvent = (message: string): UserEventOutcome => ({ kind: "failed", message });

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function payloadOf(contentType: string, body: Buffer): Payload | undefined {
  switch (contentType.split(";", 1)[0]?.trim().toLowerCase()) {
    case "text/plain":
      return { dataType: "text", text: decode(contentType, body) };
    case "application/json": {
      const json = decode(contentType, body);
      return parseJson(json) && { dataType: "json", json };
    }
    case "application/octet-stream":
      return { dataType: "binary", bytes: body };
    case "application/x-protobuf":
      return { dataType: "protobuf", bytes: body };
    default:
      return undefined;
  }
}

/** Of a charset that nobody knows it is UTF-8 as well. */
function decode(contentType: string, body: Buffer): string {
  const [, charset] = /;\s*charset="?([^";\s]+)/i.exec(contentType) ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return body.toString("utf8");
  }
}

/** What an app server says beside its reply comes as it is sent: in headers. */
function metadataOf(headers: Answer["headers"]): Metadata | undefined {
  const entries = Object.entries(headers)
    .filter(([name]) => name.startsWith(METADATA_PREFIX) && name.length > METADATA_PREFIX.length)
    .map(([name, value]) => [name.slice(METADATA_PREFIX.length), String(value)]);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const METADATA_PREFIX = "x-webpubsub-metadata-";

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
