import { describeValue } from "../kit/describe-value.ts";
import type { OptionProblem } from "../kit/errors.ts";
import { isLoopbackHostname } from "../kit/loopback.ts";
import { parseConnectionString } from "./connection-string.ts";

type Loose = Record<string, unknown>;

const EXPOSED =
  "http:// is allowed on loopback hosts only; use https://, or say service.allowInsecure: true where nobody else is on the way, as between containers of one machine";
const TOKENS =
  "the tokens of a credential go over https:// only; use that, or give a connectionString instead";

/** A URL among the options of an endpoint. */
interface GivenUrl {
  readonly option: string;
  /** What is said of it, without any secret. */
  readonly description: string;
  readonly url: URL | undefined;
  /** Where tokens of a credential must not be sent. */
  readonly refusesTokens: "anywhere" | "beyond loopback" | "nowhere";
}

/**
 * What of an endpoint may not go over plain http. It reads the raw options, as do all rules about
 * several of them.
 *
 * @param prefix How the paths of the options begin, such as `endpoints[0].`.
 */
export function plainHttpProblems(
  options: Loose,
  prefix: string,
  { allowInsecure }: { readonly allowInsecure: boolean },
): OptionProblem[] {
  return urlsOf(options).flatMap(({ option, description, url, refusesTokens }) => {
    if (url?.protocol !== "http:") return [];
    const isExposed = !isLoopbackHostname(url.hostname);
    const showsTokens =
      refusesTokens === "anywhere" || (refusesTokens === "beyond loopback" && isExposed);
    const problem =
      options.credential !== undefined && showsTokens
        ? TOKENS
        : isExposed && !allowInsecure && EXPOSED;
    return problem ? [{ path: prefix + option, message: `${description}; ${problem}` }] : [];
  });
}

/**
 * A store says by itself what it reaches over plain http; whoever is given it decides.
 *
 * @param path Of the option that it is given by.
 */
export function plainHttpStoreProblems(
  path: string,
  store: unknown,
  { allowInsecure }: { readonly allowInsecure: boolean },
): OptionProblem[] {
  const { insecureOrigin } = (store ?? {}) as Loose;
  if (insecureOrigin === undefined || allowInsecure) return [];
  const message = `is at ${describeValue(insecureOrigin)}; ${EXPOSED}`;
  return [{ path, message }];
}

function urlsOf(options: Loose): GivenUrl[] {
  const given = (option: string, refusesTokens: GivenUrl["refusesTokens"]): GivenUrl => ({
    option,
    description: `got ${describeValue(options[option])}`,
    url: toUrl(options[option]),
    refusesTokens,
  });
  return [
    {
      option: "connectionString",
      description: "its Endpoint part cannot be used",
      url: urlIn(options.connectionString),
      refusesTokens: "nowhere",
    },
    given("endpoint", "anywhere"),
    // A proxy on this machine may be the one that speaks https.
    given("reverseProxyEndpoint", "beyond loopback"),
    given("clientEndpoint", "nowhere"),
  ];
}

function toUrl(value: unknown): URL | undefined {
  const text = String(value).replace(/^ws/i, "http");
  return URL.canParse(text) ? new URL(text) : undefined;
}

function urlIn(connectionString: unknown): URL | undefined {
  try {
    return toUrl(parseConnectionString(String(connectionString)).endpoint);
  } catch {
    // That it is none is reported where it is parsed.
    return undefined;
  }
}
