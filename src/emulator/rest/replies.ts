import { Refusal } from "../http/refusal.ts";
import type { Reply } from "../http/reply.ts";

export const API_VERSIONS = ["2021-10-01", "2022-11-01", "2023-07-01", "2024-01-01", "2024-12-01"];

export const NEWEST_API_VERSION = "2024-12-01";

const SUPPORTED = { "api-supported-versions": API_VERSIONS.join(", ") };

export const OK: Reply = { status: 200, headers: SUPPORTED };
export const ACCEPTED: Reply = { status: 202, headers: SUPPORTED };
export const NO_CONTENT: Reply = { status: 204, headers: SUPPORTED };

const JSON_HEADERS = { ...SUPPORTED, "Content-Type": "application/json; charset=utf-8" };

export const okJson = (body: object): Reply => ({
  status: 200,
  headers: JSON_HEADERS,
  body: JSON.stringify(body),
});

export const INVALID_GROUP =
  "Invalid group name. Valid group name should be in between 1 and 1024 characters long.";

// The bodies of these are not on record, but every answer that is has the versions.
export const methodNotAllowed = (allowed: readonly string[]) =>
  new Refusal({ status: 405, headers: { ...SUPPORTED, Allow: allowed.join(", ") } });

export const unauthorized = (challenge: string) =>
  new Refusal({ status: 401, headers: { ...SUPPORTED, "WWW-Authenticate": challenge } });

export const unsupportedMediaType = () => new Refusal({ status: 415, headers: SUPPORTED });

/** A parameter or body that cannot be; in the shape the service has for validation errors. */
export function invalidParameter(target: string, message: string): Refusal {
  const code = "Error.BadRequest";
  return new Refusal({
    status: 400,
    headers: {
      "Content-Type": "application/problem+json; charset=utf-8",
      "x-ms-error-code": code,
    },
    body: JSON.stringify({
      code,
      message,
      target,
      errors: { [target]: [message] },
      type: null,
      title: "One or more validation errors occurred.",
      status: 400,
      detail: null,
      instance: null,
      extensions: {},
    }),
  });
}

interface PlainError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly target: string;
}

function plainRefusal({ status, code, message, target }: PlainError): Refusal {
  return new Refusal({
    status,
    headers: { ...JSON_HEADERS, "x-ms-error-code": code },
    body: JSON.stringify({ code, message, target, details: null, inner: null }),
  });
}

/** The service names the same absence with another severity on another route. */
export const connectionNotFound = (severity: "Warning" | "Error" | "Info", id: string) =>
  notFound(`${severity}.Connection.NotExisted`, "Connection", `Connection \`${id}\` is not found.`);

export const userNotFound = (id: string) =>
  notFound("Warning.User.NotExisted", "User", `User \`${id}\` is not found.`);

// Only the length of this answer is on record; the wording is a guess of that length.
export const groupNotFound = (group: string) =>
  notFound("Warning.Group.NotExisted", "Group", `Group \`${group}\` is empty.`);

/** The group of a permission is checked in another place than that of a path: another shape. */
export const invalidTargetName = () =>
  plainRefusal({
    status: 400,
    code: "Error.BadRequest",
    message: INVALID_GROUP,
    target: "Request",
  });

const notFound = (code: string, target: string, message: string) =>
  plainRefusal({ status: 404, code, message, target });
