import { RequestRefused } from "../http/problem.ts";
import type { EventHeaders } from "./event-headers.ts";

const USER_EVENT = "azure.webpubsub.user.";

/** The body of a system event, as far as its shape matters. */
export type SystemBody = Readonly<Record<string, unknown>>;

/**
 * The body of a system event; undefined for a user event, whose body is the client's own.
 *
 * @throws RequestRefused for one that is not what the kind of event has
 */
export function readEventBody(
  { all, type }: EventHeaders,
  body: Buffer,
  isJson: boolean,
): SystemBody | undefined {
  const isUserEvent = type.startsWith(USER_EVENT);
  if (isUserEvent && !isJson) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    throw malformed("The body is not JSON.");
  }
  if (isUserEvent) return undefined;
  if (!isObject(parsed)) throw malformed("The body is not a JSON object.");
  for (const [member, isRight] of Object.entries(shapeOf(type, all))) {
    if (!isRight(parsed[member])) throw malformed(`${member} is not what such an event has.`);
  }
  return parsed;
}

type Check = (value: unknown) => boolean;

/** The handlers are typed: what they may rely on is held here. What is absent, they must expect. */
function shapeOf(type: string, headers: EventHeaders["all"]): Readonly<Record<string, Check>> {
  switch (type) {
    case "azure.webpubsub.sys.connect":
      return {
        claims: orAbsent(isListsByName),
        query: orAbsent(isListsByName),
        headers: orAbsent(isListsByName),
        subprotocols: orAbsent(isTexts),
        clientCertificates: orAbsent(Array.isArray),
        ...(headers["ce-physicalconnectionid"] !== undefined && { mqtt: isObject }),
      };
    case "azure.webpubsub.sys.disconnected":
      return { reason: orAbsent(isText) };
    case "azure.webpubsub.gp.joined":
    case "azure.webpubsub.gp.left":
      return { group: orAbsent(isText) };
    default:
      return {};
  }
}

const orAbsent =
  (isRight: Check): Check =>
  (value) =>
    value === undefined || value === null || isRight(value);

const isText = (value: unknown): value is string => typeof value === "string";

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const isListsByName = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every(isTexts);

const isObject = (value: unknown): value is SystemBody =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function malformed(detail: string): RequestRefused {
  return new RequestRefused({ status: 400, code: "ERR_MALFORMED_BODY", detail });
}
