import type { Reply } from "../http/reply.ts";

export const apiVersions = ["2021-10-01", "2022-11-01", "2023-07-01", "2024-01-01", "2024-12-01"];

const supported = { "api-supported-versions": apiVersions.join(", ") };

export const ok: Reply = { status: 200, headers: supported };
export const accepted: Reply = { status: 202, headers: supported };
export const noContent: Reply = { status: 204, headers: supported };

const json = { ...supported, "Content-Type": "application/json; charset=utf-8" };

export const okJson = (body: object): Reply => ({
  status: 200,
  headers: json,
  body: JSON.stringify(body),
});

export const invalidGroup =
  "Invalid group name. Valid group name should be in between 1 and 1024 characters long.";

/** An answer that is an error, thrown from wherever the error is found. */
export class RestFailure extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`REST ${reply.status}`);
    this.reply = reply;
  }
}

// The bodies of these are not on record, but every answer that is has the versions.
export const methodNotAllowed = (allowed: readonly string[]) =>
  new RestFailure({ status: 405, headers: { ...supported, Allow: allowed.join(", ") } });

export const unauthorized = (challenge: string) =>
  new RestFailure({ status: 401, headers: { ...supported, "WWW-Authenticate": challenge } });

export const unsupportedMediaType = () => new RestFailure({ status: 415, headers: supported });

/** A parameter or body that cannot be; in the shape the service has for validation errors. */
export function invalidParameter(target: string, message: string): RestFailure {
  const code = "Error.BadRequest";
  return new RestFailure({
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

function plainFailure({ status, code, message, target }: PlainError): RestFailure {
  return new RestFailure({
    status,
    headers: { ...json, "x-ms-error-code": code },
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
  plainFailure({
    status: 400,
    code: "Error.BadRequest",
    message: invalidGroup,
    target: "Request",
  });

// Only the status is known; the answer is to a HEAD, so that its body is never seen.
export const permissionNotGranted = (permission: string) =>
  notFound(
    "Info.Permission.NotExisted",
    "Permission",
    `Permission \`${permission}\` is not granted.`,
  );

const notFound = (code: string, target: string, message: string) =>
  plainFailure({ status: 404, code, message, target });
