import type { Browser } from "playwright-core";

/** @returns The title that the page gives itself. */
export async function titleOf(browser: Browser, url: string): Promise<string> {
  const page = await browser.newPage();
  const failure = new Promise<never>((_, reject) => page.once("pageerror", reject));
  await page.goto(url);
  await Promise.race([page.waitForFunction("document.title"), failure]);
  return page.title();
}
