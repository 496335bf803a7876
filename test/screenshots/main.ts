import { mkdir } from "node:fs/promises";
import type { Locator } from "playwright-core";
import { bundlePage } from "../../demo-app/page-server/bundle-page.ts";
import { pageHandler } from "../../demo-app/page-server/page-handler.ts";
import { startDemo } from "../../demo-app/startup/start-demo.ts";
import { launchBrowser } from "../support/launch-browser.ts";
import { until } from "../support/until.ts";
import { LINGER_IN_MS, showFigures } from "./figures.ts";

const FOLDER = "docs/images";
const CLIENTS = 60;
const BROADCAST_EVERY_IN_MS = 1000;
const VIEWPORT = { width: 1280, height: 880 };
// So that they are sharp on screens of today.
const SCALE = 1.5;
// The map's label stands over its edge.
const MARGIN = 14;

/** Takes the pictures of the README: the map at each figure of the guided drill, and the page. */
async function main(): Promise<void> {
  const page = pageHandler(await bundlePage());
  const demo = await startDemo({ page, drill: { lingerInMs: LINGER_IN_MS } });
  const browser = await launchBrowser();
  try {
    demo.environment.setBroadcasts(BROADCAST_EVERY_IN_MS);
    await demo.environment.clients.resize(CLIENTS);
    // They are still away when ours are back, which says more than any text.
    demo.environment.compare(true);
    await until(() => demo.environment.figures.crowds.microsoft?.sent);
    const tab = await browser.newPage({
      viewport: VIEWPORT,
      deviceScaleFactor: SCALE,
      colorScheme: "light",
      reducedMotion: "reduce",
    });
    await tab.goto(demo.url);
    await mkdir(FOLDER, { recursive: true });
    await showFigures(demo.drill, tab, async (figure) => {
      const path = `${FOLDER}/figure-${figure}.png`;
      await tab.screenshot({ path, clip: await placeOf(tab.locator(".card.map")) });
      console.log(path);
      if (figure !== 2) return;
      await tab.screenshot({ path: `${FOLDER}/demo.png` });
      console.log(`${FOLDER}/demo.png`);
    });
  } finally {
    await browser.close();
    await demo.close();
  }
}

async function placeOf(element: Locator) {
  const box = await element.boundingBox();
  if (!box) throw new Error("The page shows no map.");
  return {
    x: box.x - MARGIN,
    y: box.y - MARGIN,
    width: box.width + 2 * MARGIN,
    height: box.height + 2 * MARGIN,
  };
}

await main();
