import { escapeUnprintable } from "./safe-text.ts";

const maxTextLength = 60;

/** Describes a value in an error message without ever repeating a secret. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return describeString(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** Whether a string may be, or contain, an access key or a token. */
function mayBeSecret(value: string): boolean {
  return /access_?key|password|secret|token/i.test(value) || /[\w+/=-]{24,}/.test(value);
}

function describeString(value: string): string {
  if (/^(https?|wss?):\/\//i.test(value) && URL.canParse(value)) return describeUrl(value);
  if (mayBeSecret(value)) return `a string of ${value.length} characters`;
  return escapeUnprintable(
    JSON.stringify(value.length > maxTextLength ? `${value.slice(0, maxTextLength)}...` : value),
  );
}

/** Keys travel in user names, paths, queries and fragments; hosts are no secret. */
function describeUrl(value: string): string {
  const { origin, href } = new URL(value);
  return JSON.stringify(href === `${origin}/` ? value : `${origin}/...`);
}

/**
 * The name of an option that nobody knows. A short word is a misspelt option; anything else may be a
 * text that was given in its place.
 */
export function describeOptionName(name: string): string {
  if (/^[a-z]\w{0,22}$/i.test(name)) return name;
  return mayBeSecret(name) ? "***" : escapeUnprintable(name.slice(0, maxTextLength));
}

/** What is wrong with such an option. */
export const unknownOption = (known: readonly string[]): string =>
  `unknown option; the options here are ${known.join(", ")}`;
