import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { Configuration } from "../options/parse-options.ts";
import type { ParsedDiagnoseOptions } from "./diagnose-options.ts";
import { type Exchange, exchange } from "./exchange.ts";
import { jsonOf } from "./web-answer.ts";

/** What the running app answers a client, or why there is no answer. */
export type NegotiateFinding =
  | { readonly url: string; readonly error: unknown }
  | {
      readonly url: string;
      readonly answer: Exchange;
      /** Where the client is to connect; undefined where the answer has no such URL. */
      readonly clientUrl: URL | undefined;
      /** Roles in the token. */
      readonly roles: readonly string[];
    };

interface WhereNegotiated {
  readonly configuration: Configuration;
  readonly given: ParsedDiagnoseOptions;
}

/** Where clients negotiate, if that is known. */
export function negotiateUrl({ configuration, given }: WhereNegotiated): string | undefined {
  if (given.negotiateUrl !== undefined) return given.negotiateUrl;
  if (given.publicUrl === undefined) return undefined;
  return new URL(given.publicUrl).origin + configuration.negotiate.path;
}

/** Negotiates as a client does. @throws the reason of the signal */
export async function negotiateWith(
  context: WhereNegotiated & { readonly signal: AbortSignalLike; readonly timeoutInMs: number },
): Promise<NegotiateFinding | undefined> {
  const url = negotiateUrl(context);
  if (url === undefined) return undefined;
  try {
    const headers = { Accept: "application/json", ...context.given.headers };
    const answer = await exchange(url, { method: "GET", headers }, context);
    const { url: text } = answer.status === 200 ? jsonOf(answer.body) : {};
    const isUrl = typeof text === "string" && /^wss?:/.test(text) && URL.canParse(text);
    const clientUrl = isUrl ? new URL(text) : undefined;
    return { url, answer, clientUrl, roles: rolesOf(clientUrl) };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { url, error };
  }
}

/** The roles that the token of a client's URL gives it. Whether it is a good one, only the service can tell. */
function rolesOf(clientUrl: URL | undefined): string[] {
  const [, payload = ""] = (clientUrl?.searchParams.get("access_token") ?? "").split(".");
  const { role } = jsonOf(Buffer.from(payload, "base64url").toString());
  return [role ?? []].flat().filter((one) => typeof one === "string");
}
