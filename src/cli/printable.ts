const maxLength = 200;
// Controls, invisible formatting (which can turn text around) and halves of characters.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const PLAIN = /^[\p{L}\p{N}.,_@:;/+=~*()%&'[\]-]+$/u;

/** What others wrote, made unable to move the cursor, to colour or to reorder the terminal. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** As `printable`, cut when too long, and in quotes where one could not see where it ends. */
export function printableWord(text: string): string {
  const word = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
  return PLAIN.test(word) ? word : `"${printable(word.replace(/["\\]/g, "\\$&"))}"`;
}

/** A URL, or a template of one, without what may be secret: the user name and the query. */
export const printableUrl = (url: string): string =>
  printable(url.replace(/[?#].*$/s, "").replace(/^(\w+:\/\/)[^/]*@/, "$1"));
