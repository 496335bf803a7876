import type { GenerateClientTokenOptions } from "@azure/web-pubsub";
import type { CommandOptions } from "../contract/call-options.ts";
import { describeValue } from "../kit/describe-value.ts";
import { InvalidArgumentError } from "../kit/errors.ts";
import { maxTimerInMs } from "../kit/max-timer.ts";

import type { Semantics } from "./semantics.ts";

const longestGroupName = 1024;
const longestTtlInSeconds = 300;
const largestPage = 200;
const permissions: readonly unknown[] = ["joinLeaveGroup", "sendToGroup"];
const requirements: readonly unknown[] = ["any", "all", undefined];

/** @throws InvalidArgumentError unless it is met */
function check(isMet: boolean, name: string, value: unknown, remedy: string): void {
  if (!isMet) throw new InvalidArgumentError(`${name}: got ${describeValue(value)}; ${remedy}`);
}

/** The service's rule: 1 to 1024 characters, and not blanks alone. */
function checkGroupName(name: unknown, argument = "groupName"): void {
  const isName = isFilled(name) && name.length <= longestGroupName;
  check(isName, argument, name, `give a group name of 1 to ${longestGroupName} characters`);
}

export function checkGroupNames(names: unknown): void {
  const isFilledList = Array.isArray(names) && names.length > 0;
  check(isFilledList, "groups", names, "give an array of at least one group name");
  for (const name of names as unknown[]) checkGroupName(name, "groups");
}

/** What an operation is about; it is not checked where that is everything. */
export function checkSubject(about: Semantics["about"], subject: unknown): void {
  if (about === "all") return;
  const name = subjectNames[about];
  if (about === "group") checkGroupName(subject);
  else check(isFilled(subject), name, subject, `give the id of a ${about}`);
  const remedy = `give the id of a ${about} that can stand in a URL, unlike "." and ".."`;
  check(isPathSegment(subject), name, subject, remedy);
}

const subjectNames = { group: "groupName", user: "userId", connection: "connectionId" } as const;

/**
 * Dots alone would lead out of the path, also when they are encoded: what is meant for one user
 * would go to everybody. Half of a surrogate pair cannot be encoded.
 */
function isPathSegment(name: unknown): boolean {
  return !/^\.\.?$|\p{Surrogate}/u.test(String(name));
}

export function checkPermission(permission: unknown): void {
  const remedy = `give one of ${permissions.join(", ")}`;
  check(permissions.includes(permission), "permission", permission, remedy);
}

/** Whether it makes sense is decided by the service, in which all of its syntax is known. */
export function checkFilter(filter: unknown): void {
  check(typeof filter === "string", "filter", filter, "give an OData filter, as text");
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
  const isObject = typeof options === "object" && options !== null;
  check(isObject, "options", options, "give an object");
  const { filter, targetName, reason, top, maxPageSize, ...rest } = options as AnyOptions;
  const { timeoutInMs, endpointTimeoutInMs, require, abortSignal, messageTtlSeconds } = rest;
  checkInteger(timeoutInMs, "timeoutInMs", 1, maxTimerInMs, "milliseconds");
  checkInteger(endpointTimeoutInMs, "endpointTimeoutInMs", 1, maxTimerInMs, "milliseconds");
  check(requirements.includes(require), "require", require, 'give "any" or "all"');
  const isSignal = typeof abortSignal?.addEventListener === "function";
  check(abortSignal === undefined || isSignal, "abortSignal", abortSignal, "give an AbortSignal");
  if (filter !== undefined) checkFilter(filter);
  if (targetName !== undefined) checkGroupName(targetName, "targetName");
  check(isOptionalString(reason), "reason", reason, "give a text");
  checkStrings(rest.excludedConnections, "excludedConnections", "give an array of connection ids");
  checkInteger(messageTtlSeconds, "messageTtlSeconds", 0, longestTtlInSeconds);
  checkInteger(maxPageSize, "maxPageSize", 1, largestPage);
  checkInteger(top, "top", 1, Number.MAX_SAFE_INTEGER);
}

const clientProtocols: readonly unknown[] = ["default", "mqtt", "socketio", undefined];

/** @throws InvalidArgumentError for the first option that cannot be used */
export function checkTokenOptions(options: GenerateClientTokenOptions): void {
  checkOptions(options);
  const { userId, roles, groups, expirationTimeInMinutes, clientProtocol } = options;
  const isUserId = userId === undefined || isFilled(userId);
  check(isUserId, "userId", userId, "give the id of a user, or leave it out");
  checkStrings(roles, "roles", "give an array of roles");
  checkStrings(groups, "groups", "give an array of group names");
  checkInteger(expirationTimeInMinutes, "expirationTimeInMinutes", 1, 2 ** 31 - 1);
  const isProtocol = clientProtocols.includes(clientProtocol);
  const remedy = 'give "default", "mqtt" or "socketio"';
  check(isProtocol, "clientProtocol", clientProtocol, remedy);
}

function checkStrings(values: unknown, name: string, remedy: string): void {
  const isList = values === undefined || (Array.isArray(values) && values.every(isFilled));
  check(isList, name, values, remedy);
}

function checkInteger(value: unknown, name: string, least: number, most: number, unit = ""): void {
  if (value === undefined) return;
  const isInRange = Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  const whole = `give a whole number${unit && ` of ${unit}`}`;
  check(isInRange, name, value, `${whole} from ${least} to ${most}`);
}

function isFilled(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
