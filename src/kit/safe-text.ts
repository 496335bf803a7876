// Controls, line ends, invisible formatting (which can turn text around) and halves of characters.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const ELLIPSIS = "...";
/** What of a foreign text is enough to know it by. */
const defaultMaxLength = 300;

/** Text that somebody else wrote, on one line that cannot move a cursor, colour or reorder anything. */
export const escapeUnprintable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/**
 * The same, cut when it is too long: fit for an error message, an event or a log.
 *
 * @param maxLength The most characters of the result; from 4.
 */
export function safeText(text: string, maxLength = defaultMaxLength): string {
  const whole = escapeUnprintable(text.slice(0, maxLength + 1));
  if (whole.length <= maxLength) return whole;
  const room = maxLength - ELLIPSIS.length;
  let beginning = "";
  // By characters, so that neither a pair of halves nor an escape is cut in two.
  for (const character of text.slice(0, maxLength)) {
    const next = beginning + escapeUnprintable(character);
    if (next.length > room) break;
    beginning = next;
  }
  return beginning + ELLIPSIS;
}
