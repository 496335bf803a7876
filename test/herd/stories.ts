import { runEvacuation, runFailback } from "./closing.ts";
import { runOverflow } from "./overflow.ts";
import type { Sizes, StoryResult } from "./story.ts";

const STOPPED_AT = 0.4;

/** What a herd does besides coming back from a region that has died. */
const RUNS = {
  overflow: runOverflow,
  failback: runFailback,
  "stopped-failback": (sizes) => runFailback(sizes, STOPPED_AT),
  evacuation: runEvacuation,
  "stopped-evacuation": (sizes) => runEvacuation(sizes, STOPPED_AT),
} satisfies Record<string, (sizes: Sizes) => StoryResult>;

type OtherStory = keyof typeof RUNS;
export type StoryName = "death" | OtherStory;
export const STORIES: readonly StoryName[] = ["death", ...(Object.keys(RUNS) as OtherStory[])];

export const runStory = (name: OtherStory, sizes: Sizes): StoryResult => RUNS[name](sizes);
