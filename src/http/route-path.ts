import type { Request } from "express";

/** A configured path in every spelling that a URL may give it, in the form in which paths are compared. */
export interface RoutePath {
  readonly spellings: ReadonlySet<string>;
  /** How the paths below it begin. */
  readonly prefixes: readonly string[];
}

/**
 * Requests are not decoded but compared with the encoded spellings of the route, as in Express: what
 * a guard that is mounted before does not recognise must not be answered here either.
 */
export function toRoutePath(path: string): RoutePath {
  const encodedSegments = path.split("/").map(encodeURIComponent).join("/");
  const spellings = new Set([path, encodeURI(path), encodedSegments].map(normalize));
  const prefixes = [...spellings].filter((spelling) => spelling !== "").map((one) => `${one}/`);
  return { spellings, prefixes };
}

/** A request's path in the form in which paths are compared. */
export function requestPath(req: Request): string {
  const { url } = req;
  // Nearly every request of an app comes by here; only unusual targets are worth parsing.
  if (!url.startsWith("/")) return normalize(req.path);
  const end = url.indexOf("?");
  return normalize(end === -1 ? url : url.slice(0, end));
}

/** Like Express, without case and trailing slash. */
function normalize(path: string): string {
  return (path.endsWith("/") ? path.slice(0, -1) : path).toLowerCase();
}

/** Whether a request's path is the route. */
export function isAt({ spellings }: RoutePath, path: string): boolean {
  return spellings.has(path);
}

/** Whether it is the route or below it: an event handler's URL may end in the event's name. */
export function isUnder(route: RoutePath, path: string): boolean {
  return isAt(route, path) || route.prefixes.some((prefix) => path.startsWith(prefix));
}
