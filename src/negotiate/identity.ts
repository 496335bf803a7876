import { types } from "node:util";
import type { Request } from "express";
import type { Identity } from "../contract/options.ts";
import { nameProblem } from "../kit/arguments.ts";
import { type Awaitable, whenThere } from "../kit/awaitable.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { maxGroupNameLength, maxIdLength, maxRoleLength } from "../kit/service-limits.ts";
import type { NegotiateConfiguration } from "../options/parse-options.ts";

/** With all that it has not, so that nothing can be inherited. */
const ANONYMOUS: Identity = Object.freeze({
  userId: undefined,
  roles: undefined,
  groups: undefined,
});
const KEYS: readonly unknown[] = ["userId", "roles", "groups"] satisfies (keyof Identity)[];
const maxNamedKeys = 5;

/**
 * Asks the application who the client is.
 *
 * @returns undefined when the client is to be refused.
 * @throws whatever `authenticate` throws, and ResilientPubSubError `ERR_AUTHENTICATE_FAILED` when its
 *   answer is neither an identity nor `null`.
 */
export function identify(
  { authenticate, allowAnonymous }: NegotiateConfiguration,
  req: Request,
): Awaitable<Identity | undefined> {
  const nobody = allowAnonymous ? ANONYMOUS : undefined;
  if (authenticate === undefined) return nobody;
  return whenThere<unknown, Identity | undefined>(authenticate(req), (answer) =>
    answer === null ? nobody : readIdentity(answer, allowAnonymous),
  );
}

/**
 * Reads an identity strictly: what was meant otherwise must not become an anonymous client. Nothing
 * of what it says is repeated in an error.
 *
 * @throws ResilientPubSubError `ERR_AUTHENTICATE_FAILED`
 */
export function readIdentity(answer: unknown, allowAnonymous: boolean): Identity {
  if (!isPlainObject(answer)) {
    const remedy = "return a plain object { userId, roles, groups }, or null to refuse the client";
    throw failed(`answered ${kindOf(answer)}; ${remedy}`);
  }
  const unknown = Reflect.ownKeys(answer).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) {
    const remedy =
      "only userId, roles and groups may be in it, or return null to refuse the client";
    throw failed(`answered an object with ${namesOf(unknown)}; ${remedy}`);
  }
  const userId = readUserId(own(answer, "userId"));
  if (userId === undefined && !allowAnonymous) {
    const remedy = "return null to refuse the client, or say negotiate.allowAnonymous: true";
    throw failed(`answered an object without a userId; ${remedy}`);
  }
  return {
    userId,
    roles: readNames(own(answer, "roles"), "roles", maxRoleLength),
    groups: readNames(own(answer, "groups"), "groups", maxGroupNameLength),
  };
}

/** Of any realm, but of no class: whatever else it has may have come from anywhere. */
function isPlainObject(answer: unknown): answer is object {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) return false;
  const prototype: unknown = Object.getPrototypeOf(answer);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function own(answer: object, key: keyof Identity): unknown {
  return Object.hasOwn(answer, key) ? (answer as Record<string, unknown>)[key] : undefined;
}

function readUserId(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  const problem = problemOf(value, maxIdLength);
  if (problem === undefined) return value as string;
  throw failed(`answered a userId that ${problem}; give a text or a finite number`);
}

function readNames(values: unknown, key: string, maxLength: number): string[] | undefined {
  if (values === undefined) return undefined;
  if (!Array.isArray(values)) {
    throw failed(`answered ${key} that are ${kindOf(values)}; give an array of texts`);
  }
  return Array.from(values, (value: unknown, index) => {
    const problem = problemOf(value, maxLength);
    if (problem === undefined) return value as string;
    throw failed(`answered ${key}, of which [${index}] ${problem}; give an array of texts`);
  });
}

function problemOf(value: unknown, maxLength: number): string | undefined {
  return typeof value === "string" ? nameProblem(value, maxLength) : `is ${kindOf(value)}`;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? "a number" : "no finite number";
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return "an array";
  if (types.isNativeError(value)) return "an error, which is to be thrown";
  return isPlainObject(value) ? "an object" : "an object of a class";
}

/** Keys may come from a token or a body that the answer was made of. */
function namesOf(keys: readonly (string | symbol)[]): string {
  const names = keys.slice(0, maxNamedKeys).map((key) => {
    if (typeof key === "symbol") return "a symbol";
    return /^[\w$.-]{1,40}$/.test(key) ? `"${key}"` : `a key of ${key.length} characters`;
  });
  const more = keys.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function failed(problem: string): ResilientPubSubError {
  return new ResilientPubSubError("ERR_AUTHENTICATE_FAILED", `negotiate.authenticate ${problem}`);
}
