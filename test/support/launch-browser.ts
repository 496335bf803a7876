import { access } from "node:fs/promises";
import { type Browser, chromium } from "playwright-core";
import { unpackChromium } from "./unpacked-chromium.ts";

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

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
