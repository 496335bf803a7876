import { escapeUnprintable } from "../kit/safe-text.ts";

const maxLength = 200;
const PLAIN = /^[\p{L}\p{N}.,_@:;/+=~*()%&'[\]-]+$/u;

/** As `escapeUnprintable`, cut when too long, and in quotes where one could not see where it ends. */
export function printableWord(text: string): string {
  const word = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
  return PLAIN.test(word) ? word : `"${escapeUnprintable(word.replace(/["\\]/g, "\\$&"))}"`;
}

/** A URL, or a template of one, without what may be secret: the user name and the query. */
export const printableUrl = (url: string): string =>
  escapeUnprintable(url.replace(/[?#].*$/s, "").replace(/^(\w+:\/\/)[^/]*@/, "$1"));
