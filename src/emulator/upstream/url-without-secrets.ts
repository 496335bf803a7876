/** As a URL may be told: its query may hold a code, and a user with a password may stand before its host. */
export function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
