interface Span {
  readonly start: number;
  readonly end: number;
}

export type Token = Span &
  (
    | { readonly kind: "word"; readonly word: string }
    | { readonly kind: "string" | "integer"; readonly value: string | number }
    | { readonly kind: "(" | ")" | "," | "end" }
    /** What begins no token, or begins one that does not end. */
    | { readonly kind: "stray" }
  );

// In this order; what is left is stray, so that nothing but space lies between two tokens.
const TOKEN_SHAPES = [
  /(?<word>[A-Za-z_]\w*)/,
  /(?<string>'(?:[^']|'')*')/,
  /(?<integer>[+-]?\d+(?![\w.]))/,
  /(?<punctuation>[(),])/,
  /(?:'.*|[+-]?\d[\w.]*|\S)/,
];
const ANY_TOKEN = new RegExp(TOKEN_SHAPES.map(({ source }) => source).join("|"), "gs");

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** The last token is always `end`. */
export function tokenize(text: string): Token[] {
  const tokens = Array.from(text.matchAll(ANY_TOKEN), readToken);
  return [...tokens, { kind: "end", start: text.length, end: text.length }];
}

function readToken({ 0: found, index: start, groups = {} }: RegExpExecArray): Token {
  const end = start + found.length;
  const { word, string, integer, punctuation } = groups;
  if (word) return { kind: "word", word, start, end };
  if (punctuation) return { kind: punctuation as "(" | ")" | ",", start, end };
  if (string) {
    return { kind: "string", value: string.slice(1, -1).replaceAll("''", "'"), start, end };
  }
  return integer && isInt64(integer)
    ? { kind: "integer", value: Number(integer), start, end }
    : { kind: "stray", start, end };
}

function isInt64(digits: string): boolean {
  const value = BigInt(digits.replace("+", ""));
  return value >= INT64.min && value <= INT64.max;
}
