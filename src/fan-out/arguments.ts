import type { CommandOptions } from "../contract/call-options.ts";
import {
  check,
  checkInteger,
  checkOptionsObject,
  checkStrings,
  checkTimeout,
  isFilled,
} from "../kit/arguments.ts";
import type { Semantics } from "./semantics.ts";

/** The service's bound of group names; of ids it tells none, and more would be no id. */
const maxNameLength = 1024;
/** Clients are told it in a frame of a WebSocket, which has room for 123 bytes. */
const maxReasonLength = 1024;
/** In a URL, of which servers take 8 kB as a rule; filters in a body may be longer. */
const maxFilterLength = 8192;
const maxBodyFilterLength = 32_768;
const maxExcluded = 1000;
const maxTtlInSeconds = 300;
const maxPageMembers = 200;
const PERMISSIONS: readonly unknown[] = ["joinLeaveGroup", "sendToGroup"];
const REQUIREMENTS: readonly unknown[] = ["any", "all", undefined];

/** The service's rule: 1 to 1024 characters, and not blanks alone. */
function checkGroupName(name: unknown, argument = "groupName"): void {
  const isName = isFilled(name) && name.length <= maxNameLength;
  check(isName, argument, name, `give a group name of 1 to ${maxNameLength} characters`);
}

export function checkGroupNames(names: unknown): void {
  const isFilledList = Array.isArray(names) && names.length > 0;
  check(isFilledList, "groups", names, "give an array of at least one group name");
  for (const name of names as unknown[]) checkGroupName(name, "groups");
}

/** What an operation is about; it is not checked where that is everything. */
export function checkSubject(about: Semantics["about"], subject: unknown): void {
  if (about === "all") return;
  const name = SUBJECT_NAMES[about];
  if (about === "group") checkGroupName(subject);
  else checkId(subject, name, `the id of a ${about}`);
  const remedy = `give the id of a ${about} that can stand in a URL, unlike "." and ".."`;
  check(isPathSegment(subject), name, subject, remedy);
}

/** Longer than any that the service gives, or than an identity provider would. */
function checkId(id: unknown, argument: string, what: string): void {
  check(isFilled(id), argument, id, `give ${what}`);
  const isShort = String(id).length <= maxNameLength;
  check(isShort, argument, id, `give ${what} in at most ${maxNameLength} characters`);
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

/** @throws InvalidArgumentError for the first option that cannot be used */
export function checkOptions(options: unknown): void {
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
  checkInteger(messageTtlSeconds, "messageTtlSeconds", 0, maxTtlInSeconds);
  checkInteger(maxPageSize, "maxPageSize", 1, maxPageMembers);
  checkInteger(top, "top", 1, Number.MAX_SAFE_INTEGER);
}

function checkExcluded(ids: unknown): void {
  const argument = "excludedConnections";
  checkStrings(ids, argument, "give an array of connection ids");
  if (ids === undefined) return;
  const isShort = (ids as string[]).length <= maxExcluded;
  check(isShort, argument, ids, `give at most ${maxExcluded} connection ids`);
  for (const id of ids as string[]) checkId(id, argument, "connection ids");
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
