import { z } from "zod";
import { isGroupName, isUserId } from "../contract/names.ts";
import type { Metadata, Payload } from "../protocol/message.ts";
import { lastOfList } from "../protocol/metadata.ts";
import { firstLineOf } from "../reporting/first-line.ts";
import type { UpstreamEvent } from "./select-handler.ts";
import type { Answer } from "./transport.ts";

/** What a `connect` handler may decide; whatever is undefined stays as the token has it. */
export type ConnectDecision = z.output<typeof connectDecisionSchema>;

export type ConnectOutcome =
  | { readonly kind: "accepted"; readonly decision: ConnectDecision }
  /** The status is for the client; the reason says why, in a sentence that it may see as well. */
  | { readonly kind: "refused"; readonly status: number; readonly reason: string };

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
  // Empty takes away the user that the token names.
  userId: absentWhenNull(z.union([z.literal(""), z.string().refine(isUserId)])),
  groups: absentWhenNull(z.array(z.string().refine(isGroupName))),
  roles: absentWhenNull(z.array(z.string())),
  subprotocol: absentWhenNull(z.string().refine((name) => name.trim() !== "")),
});

/** A status that says no reaches the client as it is; any other failure is the service's: 500. */
export function readConnectAnswer({ status, body }: Answer): ConnectOutcome {
  if (!isSuccess(status)) {
    const isRefusal = status >= 400 && status < 600;
    return refusedFor(isRefusal ? status : 500, `The app server answered ${status} to connect.`);
  }
  const text = body.toString("utf8").trim();
  if (text === "") return ACCEPTED_AS_IS;
  const parsed = parseJson(text);
  if (!parsed) return refusedFor(500, "The app server's answer to connect is not JSON.");
  const decision = connectDecisionSchema.safeParse(parsed.value ?? {});
  if (decision.success) return { kind: "accepted", decision: decision.data };
  const member = decision.error.issues[0]?.path[0];
  const what = member === undefined ? "is not a JSON object" : `has no valid ${String(member)}`;
  return refusedFor(500, `The app server's answer to connect ${what}.`);
}

export const refusedFor = (status: number, reason: string): ConnectOutcome => ({
  kind: "refused",
  status,
  reason,
});

export const ACCEPTED_AS_IS: ConnectOutcome = {
  kind: "accepted",
  decision: connectDecisionSchema.parse({}),
};

/** An answer in a content type that no client could be given is a failure. */
export function readUserEventAnswer(answer: Answer): UserEventOutcome {
  const { status, headers, body } = answer;
  if (!isSuccess(status)) return failedEvent(`The app server answered ${status}.`);
  const metadata = metadataOf(answer);
  if (body.length === 0 && !metadata) return { kind: "handled", reply: undefined };
  const reply = payloadOf(headers["content-type"] || BINARY, body);
  return reply
    ? { kind: "handled", reply, metadata }
    : failedEvent("The app server's answer is not of a type that it says or that clients know.");
}

/** What an app server's answer failed with, in its own words if it has said anything. */
export function failureOf(event: UpstreamEvent, answer: Answer): string | undefined {
  if (!isSuccess(answer.status)) return firstLineOf(answer.body);
  if (event.kind === "user") {
    const outcome = readUserEventAnswer(answer);
    return outcome.kind === "failed" ? outcome.message : undefined;
  }
  if (event.name !== "connect") return undefined;
  const outcome = readConnectAnswer(answer);
  return outcome.kind === "refused" ? outcome.reason : undefined;
}

export const failedEvent = (message: string): UserEventOutcome => ({ kind: "failed", message });

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

const BINARY = "application/octet-stream";

function payloadOf(contentType: string, body: Buffer): Payload | undefined {
  switch (contentType.split(";", 1)[0]?.trim().toLowerCase()) {
    case "text/plain":
      return { dataType: "text", text: decode(contentType, body) };
    case "application/json": {
      // Metadata may come without anything else, of which JSON knows no form.
      if (body.length === 0) return { dataType: "binary", bytes: body };
      const json = decode(contentType, body);
      return parseJson(json) && { dataType: "json", json };
    }
    case BINARY:
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

/** What an app server says beside its reply comes as it is sent: in headers; of several the last. */
function metadataOf({ headersDistinct }: Answer): Metadata | undefined {
  const entries = Object.entries(headersDistinct)
    .filter(([name]) => name.startsWith(METADATA_PREFIX) && name.length > METADATA_PREFIX.length)
    .map(([name, values]) => [
      name.slice(METADATA_PREFIX.length),
      lastOfList(values?.at(-1) ?? ""),
    ]);
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
