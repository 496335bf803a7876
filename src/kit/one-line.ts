const maxLength = 300;

/** Foreign text as a part of a message: one line, without control characters, and not at any length. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}...` : line;
}
