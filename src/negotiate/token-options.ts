import type { ClientAccessTokenOptions } from "../contract/pubsub.ts";
import {
  check,
  checkInteger,
  checkOptionsObject,
  checkStrings,
  checkTimeout,
  isFilled,
} from "../kit/arguments.ts";

/** The greatest that the service takes. */
const maxLifetimeInMinutes = 2 ** 31 - 1;
const CLIENT_PROTOCOLS: readonly unknown[] = ["default", "mqtt", "socketio", undefined];

/** @throws InvalidArgumentError for the first option that cannot be used */
export function checkTokenOptions(options: ClientAccessTokenOptions): void {
  checkOptionsObject(options);
  checkTimeout(options.timeoutInMs, "timeoutInMs");
  const { userId, roles, groups, expirationTimeInMinutes, clientProtocol } = options;
  const isUserId = userId === undefined || isFilled(userId);
  check(isUserId, "userId", userId, "give the id of a user, or leave it out");
  checkStrings(roles, "roles", "give an array of roles");
  checkStrings(groups, "groups", "give an array of group names");
  checkInteger(expirationTimeInMinutes, "expirationTimeInMinutes", 1, maxLifetimeInMinutes);
  const isProtocol = CLIENT_PROTOCOLS.includes(clientProtocol);
  const remedy = 'give "default", "mqtt" or "socketio"';
  check(isProtocol, "clientProtocol", clientProtocol, remedy);
}
