const withoutCode = (markdown: string): string =>
  markdown.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/<!--.*?-->/g, "");

/**
 * What is counted is what stands between blanks and has a letter or a digit, links with their
 * addresses and cells of tables included; blocks of code and comments are not.
 */
export function wordsOf(markdown: string): string[] {
  return withoutCode(markdown)
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
}

/** Sentences of paragraphs and lists, and cells of tables; the addresses of links are left out. */
export function sentencesOf(markdown: string): string[] {
  return withoutCode(markdown)
    .replaceAll(/\]\([^)]*\)/g, "]")
    .replaceAll(/^[-*] |^#+ /gm, "\n\n")
    .split(/\n{2,}| \| |^\||\|$/m)
    .flatMap((part) => part.split(/(?<=[.!?]["*)\]]*)\s+/))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}
