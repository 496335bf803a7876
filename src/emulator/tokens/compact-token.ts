/** A token in its compact form (RFC 7515), taken apart; nothing of it is checked yet. */
export interface CompactToken {
  readonly header: unknown;
  readonly claims: unknown;
  /** What the signature is made over. */
  readonly signed: string;
  /** In base64url. */
  readonly signature: string;
}

/** Undefined for what is no token. One without a signature is none either. */
export function readCompactToken(text: string): CompactToken | undefined {
  const [, header, claims, signature] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text) ?? [];
  if (!header || !claims || !signature) return undefined;
  try {
    const signed = `${header}.${claims}`;
    return { header: decode(header), claims: decode(claims), signed, signature };
  } catch {
    return undefined;
  }
}

/** @param sign Answers in base64url. */
export function writeCompactToken(
  header: object,
  claims: object,
  sign: (signed: string) => string,
): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign(signed)}`;
}

const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
