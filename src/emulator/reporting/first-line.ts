import { safeText } from "../../kit/safe-text.ts";

const maxBytesRead = 4096;
const maxLength = 200;
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

/** The first line that says something, of whatever somebody else has answered; empty when none does. */
export function firstLineOf(body: Buffer): string {
  const lines = body
    .toString("utf8", 0, maxBytesRead)
    .split(/[\r\n\u2028\u2029]/)
    .map((line) => line.replace(CONTROL_CHARACTERS, "").trim());
  return safeText(lines.find((line) => line !== "") ?? "", maxLength);
}
