/**
 * On a machine without a locale Chromium names a language (`en-US@posix`) that Intl refuses, and the
 * chart library, which asks Intl for it as it loads, would take the page down.
 */
export function makeLanguageUsable(): void {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, "language", { value: "en" });
  }
}
