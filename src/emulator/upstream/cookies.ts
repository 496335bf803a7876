interface Cookie {
  readonly host: string;
  readonly pair: string;
  readonly expiresAt: number;
}

const maxCookies = 50;
const maxCharacters = 8192;

/**
 * What app servers want to see again on later events of one connection; each gets its own. Of the
 * attributes only the expiry counts. When there is too much of it, the oldest go.
 */
export class Cookies {
  // Most connections never get one.
  #cookies: Map<string, Cookie> | undefined;

  /** Takes the `Set-Cookie` headers of an answer from this URL. */
  keep(url: string, headers: readonly string[], now: number): void {
    const host = new URL(url).hostname;
    this.#cookies ??= new Map();
    for (const header of headers) {
      const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
      const name = /^[^=\s]+(?==)/.exec(pair)?.[0];
      if (!name) continue;
      const key = `${host} ${name}`;
      const expiresAt = expiryOf(attributes, now);
      this.#cookies.delete(key);
      if (expiresAt > now) this.#cookies.set(key, { host, pair, expiresAt });
    }
    trim(this.#cookies);
  }

  /** The `Cookie` header of a call to this URL, if there is anything to say. */
  headerFor(url: string, now: number): string | undefined {
    if (!this.#cookies) return undefined;
    const host = new URL(url).hostname;
    const pairs = [...this.#cookies.values()]
      .filter((cookie) => cookie.host === host && cookie.expiresAt > now)
      .map(({ pair }) => pair);
    return pairs.length > 0 ? pairs.join("; ") : undefined;
  }
}

function trim(cookies: Map<string, Cookie>): void {
  let characters = 0;
  for (const { pair } of cookies.values()) characters += pair.length;
  for (const [key, { pair }] of cookies) {
    if (cookies.size <= maxCookies && characters <= maxCharacters) return;
    cookies.delete(key);
    characters -= pair.length;
  }
}

/** `Max-Age` has precedence over `Expires`; what is unreadable does not count. */
function expiryOf(attributes: readonly string[], now: number): number {
  const maxAge = attributeOf(attributes, "max-age");
  if (/^-?\d+$/.test(maxAge)) return now + Number(maxAge) * 1000;
  const expires = Date.parse(attributeOf(attributes, "expires"));
  return Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires;
}

function attributeOf(attributes: readonly string[], name: string): string {
  const prefix = `${name}=`;
  const found = attributes.find((attribute) => attribute.toLowerCase().startsWith(prefix));
  return found?.slice(prefix.length) ?? "";
}
