import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { GuidedDrill } from "../../demo-app/guided-drill/guided-drill.ts";

/** Until the dots have arrived where the map draws them. */
const SETTLED_AFTER_IN_MS = 2000;
/** How long the drill has to leave each figure as it is. */
export const LINGER_IN_MS = 3 * SETTLED_AFTER_IN_MS;

/**
 * Plays the drill and hands over the page as each figure is to be seen on it.
 *
 * @throws Error when the drill fails, or has gone on before the picture was taken
 */
export async function showFigures(
  drill: GuidedDrill,
  page: Page,
  take: (figure: number) => Promise<void>,
): Promise<void> {
  drill.start();
  for (const figure of [1, 2, 3]) {
    await isShown(drill, figure);
    await delay(SETTLED_AFTER_IN_MS);
    await page.bringToFront();
    await take(figure);
    if (figureOf(drill) !== figure) throw new Error(`The drill went on during figure ${figure}.`);
  }
  await hasCome(drill, () => drill.view?.state === "passed");
}

function isShown(drill: GuidedDrill, figure: number): Promise<void> {
  return hasCome(drill, () => figureOf(drill) === figure);
}

function figureOf({ view }: GuidedDrill): number | null | undefined {
  return view?.steps.find(({ state }) => state === "running")?.figure;
}

function hasCome(drill: GuidedDrill, isThere: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const state = drill.view?.state;
      if (isThere()) resolve();
      else if (state === "running") return;
      else reject(new Error(`The drill has ended: ${state}.\n${drill.view?.markdown}`));
      end();
    };
    const end = drill.onChange(look);
    look();
  });
}
