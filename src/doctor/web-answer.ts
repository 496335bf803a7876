import { safeText } from "../kit/safe-text.ts";
import { classifyFailure } from "../service/failure.ts";
import type { Exchange } from "./exchange.ts";
import type { Explanation } from "./explain-failure.ts";

/** Code of a problem answer of this package, if it is one. */
export function problemCodeOf({ headers, body }: Exchange): string | undefined {
  if (!headers["content-type"]?.includes("json")) return undefined;
  const { code } = jsonOf(body);
  return typeof code === "string" && /^ERR_[A-Z_]{1,40}$/.test(code) ? code : undefined;
}

/** An empty object for whatever is no JSON object. */
export function jsonOf(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}

export const isPage = ({ headers }: Exchange): boolean =>
  headers["content-type"]?.includes("html") ?? false;

/**
 * What stands in front of the app, if it is that which has answered: a login wall or a gateway. Undefined
 * when it may have been the app.
 */
export function wallIn(answer: Exchange, url: string): Explanation | undefined {
  const { status, headers } = answer;
  if (status >= 300 && status < 400) return explainRedirect(status, headers.location, url);
  if (problemCodeOf(answer) !== undefined) return undefined;
  if (status === 401 || status === 403) {
    const scheme = /^\w[\w-]{0,20}/.exec(headers["www-authenticate"] ?? "")?.[0];
    const by = scheme ? ` (${scheme})` : "";
    return { what: `a wall in front of the app answered ${status}${by}`, remedy: EXCLUDE };
  }
  if (status === 407 || status === 511) {
    return { what: `a proxy in front of the app answered ${status}`, remedy: EXCLUDE };
  }
  if (status < 300 && isPage(answer)) {
    return {
      what: `a page answered ${status}, such as that of a login or of a single-page app`,
      remedy: EXCLUDE,
    };
  }
  if (status === 502 || status === 503 || status === 504) {
    return { what: `a gateway answered ${status} for the app`, remedy: START_APP };
  }
  return undefined;
}

const EXCLUDE =
  "let this path through without a login: exclude it from what stands in front (App Service Authentication: excludedPaths; oauth2-proxy: skip_auth_routes; a guard of the app: mount the plugin before it)";
const START_APP = "look whether the app runs, and whether the gateway sends this path to it";

function explainRedirect(status: number, location: string | undefined, url: string): Explanation {
  const from = new URL(url);
  const to = URL.canParse(location ?? "", url) ? new URL(location ?? "", url) : undefined;
  const what = `is redirected (${status}) to ${to ? safeText(to.origin + to.pathname, 120) : "nowhere"}`;
  if (to && to.host === from.host && to.protocol !== from.protocol) {
    return { what, remedy: "give the URL with https://: the service follows no redirect" };
  }
  if (
    to &&
    to.host === from.host &&
    to.pathname.replace(/\/$/, "") === from.pathname.replace(/\/$/, "")
  ) {
    return { what, remedy: "give the URL as it is redirected to: the service follows no redirect" };
  }
  return { what, remedy: EXCLUDE };
}

/** What a request to the app failed with that got no answer. */
export function explainNoAnswer(error: unknown): Explanation {
  const { code: label = "no answer", reason } = classifyFailure(error);
  if (reason === "tls") {
    const remedy = "give the app a certificate that everybody trusts: the service takes no other";
    return { what: `no TLS connection to the app (${label})`, remedy };
  }
  const remedy = "look whether the app runs there, and whether the internet may reach it";
  return { what: `the app cannot be reached (${label})`, remedy };
}
