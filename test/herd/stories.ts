import { runOverflow } from "./overflow.ts";
import type { Sizes, StoryResult } from "./story.ts";

/** What a herd does besides coming back from a region that has died. */
const RUNS = {
  overflow: runOverflow,
} satisfies Record<string, (sizes: Sizes) => StoryResult>;

type OtherStory = keyof typeof RUNS;
export type StoryName = "death" | OtherStory;
export const STORIES: readonly StoryName[] = ["death", ...(Object.keys(RUNS) as OtherStory[])];

export const runStory = (name: OtherStory, sizes: Sizes): StoryResult => RUNS[name](sizes);
