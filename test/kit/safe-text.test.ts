import fc from "fast-check";
import { escapeUnprintable, safeText } from "../../src/kit/safe-text.ts";

describe("text of others is made safe to print:", () => {
  it.each([
    ["plain text stays", "josé 日本 😀 a\\b", "josé 日本 😀 a\\b"],
    ["line ends", "a\r\nb\u2028c\u2029d", "a\\u{d}\\u{a}b\\u{2028}c\\u{2029}d"],
    ["escape sequences of a terminal", "\x1b[31mred\x9b0m", "\\u{1b}[31mred\\u{9b}0m"],
    ["text that runs the other way", "a\u202eb", "a\\u{202e}b"],
    ["invisible characters", "a\u200bb\ufeff", "a\\u{200b}b\\u{feff}"],
    ["halves of characters", "a\ud83d b\ude00", "a\\u{d83d} b\\u{de00}"],
    ["a NUL", "a\0b", "a\\u{0}b"],
  ])("%s", (_, text, expected) => {
    expect(safeText(text, 200)).toBe(expected);
  });

  it.each([
    ["as long as may be", "abcdef", 6, "abcdef"],
    ["one too long", "abcdefg", 6, "abc..."],
    ["that escapes make too long", "a\n\n\n", 8, "a..."],
    ["whose last character is a pair of halves", "abc😀def", 7, "abc..."],
    ["whose escape would be cut", "ab\u202ecd", 9, "ab..."],
  ])("a text %s", (_, text, maxLength, expected) => {
    expect(safeText(text, maxLength)).toBe(expected);
  });

  it("whatever the text, the result is short and printable", () => {
    const text = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 40 }), (given, maxLength) => {
        const safe = safeText(given, maxLength);
        expect(safe.length).toBeLessThanOrEqual(maxLength);
        expect(escapeUnprintable(safe)).toBe(safe);
      }),
    );
  });
});
