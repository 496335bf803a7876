import type { CallOptions, CommandOptions } from "../contract/call-options.ts";
import {
  check,
  checkGroupName,
  checkInteger,
  checkKnownOptions,
  checkOptionsObject,
  checkStrings,
  checkTimeout,
  isFilled,
  SDK_CALL_OPTIONS,
} from "../kit/arguments.ts";
import {
  maxBodyFilterLength,
  maxExcludedConnections,
  maxFilterLength,
  maxIdLength,
  maxMessageTtlInSeconds,
  maxPageMembers,
  maxReasonLength,
} from "../kit/service-limits.ts";
import { type OperationName, SEMANTICS, type Semantics } from "./semantics.ts";

const PERMISSIONS: readonly unknown[] = ["joinLeaveGroup", "sendToGroup"];
const REQUIREMENTS: readonly unknown[] = ["any", "all", undefined];

export function checkGroupNames(names: unknown): void {
  const isFilledList = Array.isArray(names) && names.length > 0;
  check(isFilledList, "groups", names, "give an array of at least one group name");
  for (const name of names as unknown[]) checkGroupName(name, "groups");
}

/** What an operation is about; it is not checked where that is everything. */
export function checkSubject(about: Semantics["about"], subject: unknown): void {
  if (about === "all") return;
  const name = SUBJECT_NAMES[about];
  if (about === "group") checkGroupName(subject, name);
  else checkId(subject, name, `the id of a ${about}`);
  const remedy = `give the id of a ${about} that can stand in a URL, unlike "." and ".."`;
  check(isPathSegment(subject), name, subject, remedy);
}

function checkId(id: unknown, argument: string, what: string): void {
  check(isFilled(id), argument, id, `give ${what}`);
  const isShort = String(id).length <= maxIdLength;
  check(isShort, argument, id, `give ${what} in at most ${maxIdLength} characters`);
}

const SUBJECT_NAMES = { group: "groupName", user: "userId", connection: "connectionId" } as const;

/**
 * Dots alone would lead out of the path, also when they are encoded: what is meant for one user
 * would go to everybody. Half of a surrogate pair cannot be encoded.
 */
function isPathSegment(name: unknown): boolean {
  return !/^\.\.?$|\p{Surrogate}/u.test(String(name));
}

export function checkPermission(permission: unknown): void {
  const remedy = `give one of ${PERMISSIONS.join(", ")}`;
  check(PERMISSIONS.includes(permission), "permission", permission, remedy);
}

/** Whether it makes sense is decided by the service, in which all of its syntax is known. */
export function checkFilter(filter: unknown, maxLength = maxBodyFilterLength): void {
  check(typeof filter === "string", "filter", filter, "give an OData filter, as text");
  checkLength(filter, "filter", maxLength);
}

function checkLength(text: unknown, argument: string, maxLength: number): void {
  const isShort = String(text ?? "").length <= maxLength;
  check(isShort, argument, text, `give at most ${maxLength} characters`);
}

/** The options of all operations. */
interface AnyOptions extends CommandOptions {
  readonly filter?: unknown;
  readonly excludedConnections?: unknown;
  readonly messageTtlSeconds?: unknown;
  readonly targetName?: unknown;
  readonly reason?: unknown;
  readonly top?: unknown;
  readonly maxPageSize?: unknown;
}

const CALL_OPTIONS = [
  ...SDK_CALL_OPTIONS,
  "timeoutInMs",
  "endpointTimeoutInMs",
] as const satisfies (keyof CallOptions)[];
const COMMAND_OPTIONS = [...CALL_OPTIONS, "require"] as const satisfies (keyof CommandOptions)[];
const MESSAGE_OPTIONS = ["contentType", "messageTtlSeconds"] as const;

/** The options of some operations, besides those of all of its kind. */
const OWN_OPTIONS: Partial<Record<OperationName, readonly string[]>> = {
  sendToAll: [...MESSAGE_OPTIONS, "filter", "excludedConnections"],
  sendToUser: [...MESSAGE_OPTIONS, "filter"],
  sendToConnection: MESSAGE_OPTIONS,
  closeAllConnections: ["reason"],
  closeUserConnections: ["reason"],
  closeConnection: ["reason"],
  removeUserFromAllGroups: ["reason"],
  removeConnectionFromAllGroups: ["reason"],
  grantPermission: ["targetName"],
  revokePermission: ["targetName"],
  hasPermission: ["targetName"],
  "group.sendToAll": [...MESSAGE_OPTIONS, "filter", "excludedConnections"],
  "group.closeAllConnections": ["reason"],
  "group.listConnections": ["top", "maxPageSize"],
};

/** The names of all options that an operation has. */
function optionsOf(name: OperationName): string[] {
  const ofKind = SEMANTICS[name].kind === "command" ? COMMAND_OPTIONS : CALL_OPTIONS;
  return [...ofKind, ...(OWN_OPTIONS[name] ?? [])];
}

/** @throws InvalidArgumentError for the first option that cannot be used */
export function checkOptions(operation: OperationName, options: unknown): void {
  checkOptionsObject(options);
  const { filter, targetName, reason, top, maxPageSize, ...rest } = options as AnyOptions;
  const { timeoutInMs, endpointTimeoutInMs, require, messageTtlSeconds } = rest;
  checkTimeout(timeoutInMs, "timeoutInMs");
  checkTimeout(endpointTimeoutInMs, "endpointTimeoutInMs");
  check(REQUIREMENTS.includes(require), "require", require, 'give "any" or "all"');
  if (filter !== undefined) checkFilter(filter, maxFilterLength);
  if (targetName !== undefined) checkGroupName(targetName, "targetName");
  check(isOptionalString(reason), "reason", reason, "give a text");
  checkLength(reason, "reason", maxReasonLength);
  checkExcluded(rest.excludedConnections);
  checkInteger(messageTtlSeconds, "messageTtlSeconds", 0, maxMessageTtlInSeconds);
  checkInteger(maxPageSize, "maxPageSize", 1, maxPageMembers);
  checkInteger(top, "top", 1, Number.MAX_SAFE_INTEGER);
  checkKnownOptions(options as object, optionsOf(operation));
}

function checkExcluded(ids: unknown): void {
  const argument = "excludedConnections";
  checkStrings(ids, argument, "give an array of connection ids");
  if (ids === undefined) return;
  const isShort = (ids as string[]).length <= maxExcludedConnections;
  check(isShort, argument, ids, `give at most ${maxExcludedConnections} connection ids`);
  for (const id of ids as string[]) checkId(id, argument, "connection ids");
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
