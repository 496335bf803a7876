/** A path in the form in which paths are compared: decoded, in lower case, without trailing slash. */
export function normalizePath(path: string): string {
  const decoded = path.includes("%") ? decodeSafely(path) : path;
  const trimmed = decoded.endsWith("/") ? decoded.slice(0, -1) : decoded;
  return trimmed.toLowerCase();
}

/** Whether a request path is the route. Like Express, it ignores case and a trailing slash. */
export function isAt(route: string, path: string): boolean {
  return normalizePath(path) === route;
}

/** Whether a request path is the route or below it: an event handler's URL may end in the event's name. */
export function isUnder(route: string, path: string): boolean {
  const normalized = normalizePath(path);
  return normalized === route || normalized.startsWith(`${route}/`);
}

function decodeSafely(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
