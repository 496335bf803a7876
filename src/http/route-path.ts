import { canonicalHub } from "../kit/hub-name.ts";

/** By which rules an app compares paths, as `express.Router` has them. */
export interface RoutingRules {
  readonly caseSensitive: boolean;
  /** Whether a slash at the end makes another path. */
  readonly strict: boolean;
}

/** A configured path, as the routes of Express would match it. */
export interface RoutePath {
  /** Whether it is the same path by these rules. */
  isAt(path: string, rules: RoutingRules): boolean;
}

/** What may stand in place of a part of a path. */
export const PATH_PLACEHOLDERS = ["{hub}", "{event}"] as const;

/**
 * What has the same meaning in a URL, in Express 4 and in Express 5: itself. Anything else is a
 * pattern to one of them, or is not written like that by clients.
 */
const LITERAL = /^[\w.~&',;=@/-]*$/;

/** @returns why no request would be at the path, or not the ones that are meant; undefined for a good one */
export function routePathProblem(
  path: string,
  placeholders: readonly string[] = [],
): string | undefined {
  if (!path.startsWith("/")) return 'give a path that starts with "/"';
  const literal = placeholders.reduce((rest, one) => rest.replaceAll(one, ""), path);
  if (/[?#]/.test(literal)) return "give a path only; a route has no query, fragment or pattern";
  if (literal.includes("%")) return 'it is compared as it stands; write it without "%"';
  if (!LITERAL.test(literal)) return patternProblem(placeholders);
  if (path.includes("//")) return "leave no segment empty: write one slash, not two";
  if (/\/\.{1,2}(\/|$)/.test(path)) return 'write it without "." and ".."; clients remove them';
  return undefined;
}

function patternProblem(placeholders: readonly string[]): string {
  const allowed = "letters, digits and any of - . _ ~ & ' , ; = @";
  return placeholders.length === 0
    ? `it is no pattern and has no placeholders; write it out, with ${allowed}`
    : `it is no pattern; write it out, with ${allowed}, and ${placeholders.join(" and ")} for what differs`;
}

/** The path where a client asks whether it is to stay, below the one where it negotiates. */
export const reviewPath = (negotiatePath: string): string =>
  `${negotiatePath.replace(/\/$/, "")}/place`;

/** The path where a client catches up with what it missed, below the one where it negotiates. */
export const catchUpPath = (negotiatePath: string): string =>
  `${negotiatePath.replace(/\/$/, "")}/history`;

/** A path that is matched as by `app.all(path)`, and nothing below it. */
export function exactRoute(path: string): RoutePath {
  return routePath(escapeRegExp(path), "whole");
}

/**
 * The path of event handlers, a template as the service has it. Without `{event}`, everything below
 * is matched as well, as by `app.use(path)`: the URL may end in the event's name.
 *
 * @param hub What `{hub}` stands for, in its own spelling or in lower case.
 */
export function upstreamRoute(template: string, hub: string): RoutePath {
  const isWhole = template === "/" || template.includes("{event}");
  return routePath(templateSource(template, hub), isWhole ? "whole" : "with what is below");
}

/** Whether a path and a template of event handlers are one route, for one kind of event at least. */
export function isSameRoute(path: string, template: string, hub: string): boolean {
  const rules = { caseSensitive: false, strict: false };
  return routePath(templateSource(template, hub), "whole").isAt(path, rules);
}

function templateSource(template: string, hub: string): string {
  const hubSource = `(?:${spellingsOf(hub).map(escapeRegExp).join("|")})`;
  return escapeRegExp(template)
    .replaceAll(escapeRegExp("{hub}"), hubSource)
    .replaceAll(escapeRegExp("{event}"), "[^/]+");
}

/** Some characters of a hub's name may be encoded in a URL; those of other names cannot be. */
function spellingsOf(hub: string): string[] {
  const names = [hub, canonicalHub(hub)];
  const encoded = names.flatMap((name) => [name, encodeURI(name), encodeURIComponent(name)]);
  return [...new Set(encoded)];
}

function routePath(source: string, extent: "whole" | "with what is below"): RoutePath {
  const isRoot = source === "/";
  const withoutSlash = isRoot ? source : source.replace(/\/$/, "");
  const loose =
    extent === "whole" ? `^${withoutSlash}${isRoot ? "" : "/?"}$` : `^${withoutSlash}(?=/|$)`;
  // What is mounted at a path is never strict about it, whatever the routing is.
  const strict = extent === "whole" ? `^${source}$` : loose;
  const patterns = {
    loose: [new RegExp(loose, "i"), new RegExp(loose)],
    strict: [new RegExp(strict, "i"), new RegExp(strict)],
  } as const;
  return {
    isAt: (path, rules) => {
      const [ignoringCase, sensitive] = rules.strict ? patterns.strict : patterns.loose;
      return (rules.caseSensitive ? sensitive : ignoringCase).test(path);
    },
  };
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
