/** What a policy says of a connection. */
export type PolicyVerdict = "allowed" | "refused" | "unclear";

/** The sources that a page may connect to; undefined when the policy does not say. */
export function connectSources(policy: string): string[] | undefined {
  const directives = policy.split(/[;,]/).map((text) => text.trim().split(/\s+/));
  const of = (name: string): string[] | undefined =>
    directives.find(([first = ""]) => first.toLowerCase() === name)?.slice(1);
  return of("connect-src") ?? of("default-src");
}

/**
 * Whether a page may connect to an origin. `unclear` where browsers differ: a host without a scheme,
 * on a page that came by https, and `'self'` for what is not the page.
 */
export function verdictOn(sources: readonly string[] | undefined, origin: string): PolicyVerdict {
  if (sources === undefined) return "allowed";
  const verdicts = sources.map((source) => verdictOnSource(source.toLowerCase(), new URL(origin)));
  if (verdicts.includes("allowed")) return "allowed";
  return verdicts.includes("unclear") ? "unclear" : "refused";
}

const HOST_SOURCE =
  /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*|(?:\*\.)?[^:/*]+|\[[^\]]+\])(?::(\d+|\*))?(\/.*)?$/;

function verdictOnSource(source: string, url: URL): PolicyVerdict {
  if (source === "*") return "allowed";
  if (/^[a-z][a-z0-9+.-]*:$/.test(source)) {
    return isSchemeMatched(source.slice(0, -1), url) ? "allowed" : "refused";
  }
  const [, scheme, host = "", port, path] = HOST_SOURCE.exec(source) ?? [];
  if (host === "" || source.startsWith("'")) return "refused";
  // A path would have to be that of clients, of which the hub is not known here.
  const isSame = isHostMatched(host, url) && isPortMatched(port, url) && (path ?? "/") === "/";
  if (!isSame) return "refused";
  if (scheme === undefined) return "unclear";
  return isSchemeMatched(scheme, url) ? "allowed" : "refused";
}

/** A source by an insecure scheme is good for the secure one, and one of WebSockets for HTTP. */
function isSchemeMatched(scheme: string, { protocol }: URL): boolean {
  const wanted = protocol.slice(0, -1);
  const good: Readonly<Record<string, readonly string[]>> = {
    http: ["http", "https"],
    ws: ["ws", "wss", "http", "https"],
    wss: ["wss", "https"],
  };
  return (good[scheme] ?? [scheme]).includes(wanted);
}

function isHostMatched(pattern: string, { hostname }: URL): boolean {
  if (pattern === "*") return true;
  return pattern.startsWith("*.") ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
}

function isPortMatched(port: string | undefined, { port: wanted, protocol }: URL): boolean {
  const byDefault = protocol === "https:" || protocol === "wss:" ? "443" : "80";
  return port === "*" || (port ?? byDefault) === (wanted || byDefault);
}
