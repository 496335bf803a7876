import { clientOriginOf } from "../../service/client-origin.ts";
import { type Check, type Found, fail, pass, skipped, warn } from "../check.ts";
import { connectSources, verdictOn } from "../content-security-policy.ts";
import { negotiateUrl } from "../negotiate.ts";

/** Whether pages may connect to every endpoint, those included that they need after a failover only. */
export const cspCheck: Check = {
  id: "csp",
  title: "the Content-Security-Policy lets pages connect",
  run: async (context) => {
    const { csp } = context.given;
    if (csp === undefined) return [skipped("give --csp, the Content-Security-Policy of the pages")];
    const sources = connectSources(csp);
    const ofEndpoints = context.endpoints.map((endpoint) =>
      lookAt(sources, clientOriginOf(endpoint.config), endpoint.name),
    );
    return [...ofEndpoints, ...negotiateWarning(sources, negotiateUrl(context))];
  },
};

function lookAt(sources: string[] | undefined, origin: string, subject: string): Found {
  switch (verdictOn(sources, origin)) {
    case "allowed":
      return pass(`pages may connect to ${origin}`, subject);
    case "unclear": {
      const what = `connect-src names ${new URL(origin).host} without a scheme, which not every browser takes for WebSockets`;
      return warn(what, `write ${origin} in connect-src`, subject);
    }
    case "refused":
      return fail(`pages may not connect to ${origin}`, `add ${origin} to connect-src`, subject);
  }
}

/** A page of the same origin needs 'self' at most, which cannot be told from here. */
function negotiateWarning(sources: string[] | undefined, url: string | undefined): Found[] {
  if (url === undefined || sources?.some((source) => source.toLowerCase() === "'self'")) return [];
  const { origin } = new URL(url);
  if (verdictOn(sources, origin) === "allowed") return [];
  const remedy = `add ${origin} to connect-src, or 'self' if the pages are of that origin`;
  return [fail(`pages may not negotiate at ${origin}`, remedy)];
}
