import type { EndpointRole } from "../contract/endpoint.ts";
import type { EndpointOptions } from "../contract/options.ts";
import { InvalidOptionsError } from "../kit/errors.ts";

const PREFIX = "WEB_PUBSUB_CONNECTION_STRING__";
const PATTERN = `${PREFIX}<NAME>__<PRIMARY|SECONDARY>`;
/** How App Service begins the names of its connection strings, of the type Custom. */
const APP_SERVICE_PREFIX = "CUSTOMCONNSTR_";
const VARIABLE = new RegExp(`^(?:${APP_SERVICE_PREFIX})?${PREFIX}`);
/** What others call such a variable, or App Service one of another type. */
const LOOK_ALIKE = /web_?pub_?sub/i;
const maxLookAlikes = 5;

/** By it an empty list tells why it is empty to whoever refuses it. */
const WHY_EMPTY = Symbol.for("express-resilient-pubsub.why-empty");

/**
 * Reads endpoints from variables named `WEB_PUBSUB_CONNECTION_STRING__<NAME>__<PRIMARY|SECONDARY>`,
 * such as `WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY`, and with `CUSTOMCONNSTR_` before them, as
 * App Service gives connection strings of the type Custom to an app. Names become lower case. The
 * environment has no order of its own, so primaries come first and each role is sorted by name.
 *
 * @param env Where to read; `process.env` when left out.
 * @returns An empty array when there is no such variable; `resilientPubSub` refuses it, and says then
 *   what was looked for.
 * @throws InvalidOptionsError when a variable with the prefix ends in anything else, is empty, or is
 *   set twice, with and without App Service's prefix.
 *
 * @example
 * ```ts
 * // WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY=Endpoint=https://...
 * // WEB_PUBSUB_CONNECTION_STRING__WESTUS__SECONDARY=Endpoint=https://...
 * const endpoints = endpointsFromEnv(); // eastus, a primary, and westus, a secondary
 * app.use(resilientPubSub({ hub: "chat", endpoints, negotiate: { allowAnonymous: true } }));
 * ```
 */
export function endpointsFromEnv(env: NodeJS.ProcessEnv = process.env): EndpointOptions[] {
  const variables = Object.keys(env).filter((variable) => VARIABLE.test(variable));
  const problems = variables.flatMap((variable) => problemOf(variable, env));
  if (problems.length > 0) throw new InvalidOptionsError(problems, "endpointsFromEnv");
  if (variables.length === 0) return Object.defineProperty([], WHY_EMPTY, { value: whyEmpty(env) });
  return variables
    .map((variable) => ({ ...nameAndRole(variable), connectionString: env[variable] ?? "" }))
    .sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name, "en"));
}

/** Why `endpointsFromEnv` has found none, if these are none that it has found. */
export function whyNoneInEnv(endpoints: object): string | undefined {
  return (endpoints as { [WHY_EMPTY]?: string })[WHY_EMPTY];
}

function whyEmpty(env: NodeJS.ProcessEnv): string {
  const alike = Object.keys(env).filter((variable) => LOOK_ALIKE.test(variable));
  const named = alike.slice(0, maxLookAlikes).map((variable) => JSON.stringify(variable));
  return [
    `endpointsFromEnv() found no variable named ${PATTERN}, nor ${APP_SERVICE_PREFIX}${PATTERN}`,
    ...(named.length > 0 ? [`but it did see ${named.join(", ")}`] : []),
  ].join("; ");
}

function nameAndRole(variable: string): { name: string; role: EndpointRole } {
  const rest = variable.replace(VARIABLE, "");
  const separator = rest.lastIndexOf("__");
  const role = /^primary$/i.test(rest.slice(separator + 2)) ? "primary" : "secondary";
  return { name: rest.slice(0, separator).toLowerCase(), role };
}

function problemOf(variable: string, env: NodeJS.ProcessEnv) {
  if (!/^.+__(PRIMARY|SECONDARY)$/i.test(variable.replace(VARIABLE, ""))) {
    const message = `the name does not follow ${PATTERN}; rename or unset it`;
    return [{ path: variable, message }];
  }
  if (!env[variable])
    return [{ path: variable, message: "is empty; give a connection string or unset it" }];
  if (env[APP_SERVICE_PREFIX + variable] !== undefined) {
    const message = `is set beside ${APP_SERVICE_PREFIX}${variable}; unset one of the two`;
    return [{ path: variable, message }];
  }
  return [];
}

function order({ role }: { role: EndpointRole }): number {
  return role === "primary" ? 0 : 1;
}
