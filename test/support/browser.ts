import type { Browser, Page } from "playwright-core";
import { closeAfterFile, closeAfterTest } from "./clean-up.ts";
import { launchBrowser } from "./launch-browser.ts";

/** A page whose mistakes the test can see; it is closed after it. */
export interface Tab {
  readonly page: Page;
  /** What a developer would see in red, but for the connections that failed. */
  readonly errors: string[];
  readonly failedConnections: string[];
}

/** One Chromium for all tests of a file. @returns How to open a tab of its own. */
export function useBrowser(): (url: string) => Promise<Tab> {
  let browser: Browser | undefined;
  // The first of all has to unpack it.
  beforeAll(async () => {
    browser = closeAfterFile(await launchBrowser());
  }, 60_000);
  return async (url) => {
    if (!browser) throw new Error("There is no browser before the tests begin.");
    const context = closeAfterTest(await browser.newContext());
    return openTab(await context.newPage(), url);
  };
}

async function openTab(page: Page, url: string): Promise<Tab> {
  const errors: string[] = [];
  const failedConnections: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const text = message.text();
    const isOfTheNetwork = /net::|WebSocket connection to|Failed to load resource/.test(text);
    (isOfTheNetwork ? failedConnections : errors).push(text);
  });
  await page.goto(url);
  return { page, errors, failedConnections };
}
