/** A configured path in every spelling that a URL may give it, in the form in which paths are compared. */
export type RoutePath = ReadonlySet<string>;

/**
 * Requests are not decoded but compared with the encoded spellings of the route, as in Express: what
 * a guard that is mounted before does not recognise must not be answered here either.
 */
export function toRoutePath(path: string): RoutePath {
  const encodedSegments = path.split("/").map(encodeURIComponent).join("/");
  return new Set([path, encodeURI(path), encodedSegments].map(normalize));
}

/** Whether a request path is the route. Like Express, it ignores case and a trailing slash. */
export function isAt(route: RoutePath, path: string): boolean {
  return route.has(normalize(path));
}

/** Whether a request path is the route or below it: an event handler's URL may end in the event's name. */
export function isUnder(route: RoutePath, path: string): boolean {
  if (isAt(route, path)) return true;
  const normalized = normalize(path);
  return [...route].some((spelling) => spelling !== "" && normalized.startsWith(`${spelling}/`));
}

function normalize(path: string): string {
  return (path.endsWith("/") ? path.slice(0, -1) : path).toLowerCase();
}
