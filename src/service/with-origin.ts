/** The URL at another scheme, host and port; path and query stay as they are written. */
export function withOrigin(url: string, origin: string): string {
  const { pathname, search } = new URL(url);
  return `${origin}${pathname}${search}`;
}
