import type { EndpointRole } from "../contract/endpoint.ts";
import type { EndpointOptions } from "../contract/options.ts";
import { InvalidOptionsError } from "../kit/errors.ts";

const PREFIX = "WEB_PUBSUB_CONNECTION_STRING__";

/**
 * Reads endpoints from variables named `WEB_PUBSUB_CONNECTION_STRING__<NAME>__<PRIMARY|SECONDARY>`,
 * such as `WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY`. Names become lower case. The environment
 * has no order of its own, so primaries come first and each role is sorted by name.
 *
 * @param env Where to read; `process.env` when left out.
 * @returns An empty array when there is no such variable.
 * @throws InvalidOptionsError when a variable with the prefix ends in anything else, or is empty.
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
  const variables = Object.keys(env).filter((variable) => variable.startsWith(PREFIX));
  const problems = variables.flatMap((variable) => problemOf(variable, env[variable]));
  if (problems.length > 0) throw new InvalidOptionsError(problems);
  return variables
    .map((variable) => ({ ...nameAndRole(variable), connectionString: env[variable] ?? "" }))
    .sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name, "en"));
}

function nameAndRole(variable: string): { name: string; role: EndpointRole } {
  const rest = variable.slice(PREFIX.length);
  const separator = rest.lastIndexOf("__");
  const role = /^primary$/i.test(rest.slice(separator + 2)) ? "primary" : "secondary";
  return { name: rest.slice(0, separator).toLowerCase(), role };
}

function problemOf(variable: string, value: string | undefined) {
  if (!/^.+__(PRIMARY|SECONDARY)$/i.test(variable.slice(PREFIX.length))) {
    const message = `the name does not follow ${PREFIX}<NAME>__<PRIMARY|SECONDARY>; rename or unset it`;
    return [{ path: variable, message }];
  }
  if (!value)
    return [{ path: variable, message: "is empty; give a connection string or unset it" }];
  return [];
}

function order({ role }: { role: EndpointRole }): number {
  return role === "primary" ? 0 : 1;
}
