import { access } from "node:fs/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { closeAfterTest } from "./clean-up.ts";
import { unpackChromium } from "./unpacked-chromium.ts";

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

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
    browser = await launchBrowser();
  }, 60_000);
  afterAll(() => browser?.close());
  return async (url) => {
    if (!browser) throw new Error("There is no browser before the tests begin.");
    const context = closeAfterTest(await browser.newContext());
    return openTab(await context.newPage(), url);
  };
}

/**
 * Starts the Chromium of CHROME_PATH, or else the one among the dependencies, or else one that is
 * installed.
 *
 * @throws Error that says what was tried: a machine without a browser must not pass for one with.
 */
export async function launchBrowser(): Promise<Browser> {
  const { CHROME_PATH } = process.env;
  if (CHROME_PATH) return launch({ executablePath: CHROME_PATH });
  const complaints: string[] = [];
  for (const find of [unpackChromium, ...INSTALLED.map((path) => () => installed(path))]) {
    try {
      return await launch(await find());
    } catch (error) {
      complaints.push(String(error).split("\n").slice(0, 8).join("\n"));
    }
  }
  const advice = "No browser can be started; install Chromium, or name one in CHROME_PATH.";
  throw new Error([advice, ...complaints].join("\n- "));
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

function launch({ executablePath, env = {} }: Awaited<ReturnType<typeof installed>>) {
  return chromium.launch({
    executablePath,
    env: { ...process.env, ...env },
    // The sandbox refuses to run as root, which is what containers do.
    args: ["--no-sandbox"],
  });
}

async function installed(
  executablePath: string,
): Promise<{ executablePath: string; env?: Record<string, string> }> {
  await access(executablePath);
  return { executablePath };
}
