import type { ClientAccessTokenOptions } from "../contract/pubsub.ts";
import {
  check,
  checkInteger,
  checkKnownOptions,
  checkOptionsObject,
  checkStrings,
  checkTimeout,
  isName,
  SDK_CALL_OPTIONS,
} from "../kit/arguments.ts";
import {
  maxGroupNameLength,
  maxIdLength,
  maxRoleLength,
  maxTokenLifetimeInMinutes,
} from "../kit/service-limits.ts";

const CLIENT_PROTOCOLS: readonly unknown[] = ["default", "mqtt", "socketio", undefined];

const OPTIONS = [
  ...SDK_CALL_OPTIONS,
  "userId",
  "roles",
  "groups",
  "expirationTimeInMinutes",
  "clientProtocol",
  "timeoutInMs",
] as const satisfies (keyof ClientAccessTokenOptions)[];

/** @throws InvalidArgumentError for the first option that cannot be used */
export function checkTokenOptions(options: ClientAccessTokenOptions): void {
  checkOptionsObject(options);
  checkTimeout(options.timeoutInMs, "timeoutInMs");
  const { userId, roles, groups, expirationTimeInMinutes, clientProtocol } = options;
  const isUserId = userId === undefined || isName(userId, maxIdLength);
  check(isUserId, "userId", userId, USER_ID_REMEDY);
  checkNames(roles, "roles", "roles", maxRoleLength);
  checkNames(groups, "groups", "group names", maxGroupNameLength);
  checkInteger(expirationTimeInMinutes, "expirationTimeInMinutes", 1, maxTokenLifetimeInMinutes);
  const isProtocol = CLIENT_PROTOCOLS.includes(clientProtocol);
  const remedy = 'give "default", "mqtt" or "socketio"';
  check(isProtocol, "clientProtocol", clientProtocol, remedy);
  checkKnownOptions(options, OPTIONS);
}

const USER_ID_REMEDY = `give the id of a user, or leave it out; it has 1 to ${maxIdLength} characters`;

function checkNames(values: unknown, option: string, what: string, maxLength: number): void {
  checkStrings(values, option, `give an array of ${what}`);
  const tooLong = (values as string[] | undefined)?.find((value) => !isName(value, maxLength));
  const remedy = `give ${what} of 1 to ${maxLength} characters`;
  check(tooLong === undefined, option, tooLong, remedy);
}
