import type { ResilientPubSubOptions } from "express-resilient-pubsub";
import { type RunningRegions, startRegions } from "../../support/regions.ts";

export interface TwoRegions extends RunningRegions {
  readonly negotiateUrl: string;
  /** The endpoint that clients are sent to at the moment. */
  route(): Promise<string>;
}

export const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** eastus, the primary, and westus, behind a plugin that looks at each negotiate. */
export async function startTwoRegions(
  overrides: Partial<ResilientPubSubOptions> = {},
): Promise<TwoRegions> {
  const world = await startRegions({
    negotiate: { authenticate: () => ({ userId: "ada", roles }) },
    fanOut: { timeoutInMs: 300 },
    health: {
      schedule: false,
      timeoutInMs: 300,
      transitionIntervalInMs: 20,
      onDemandMaxAgeInMs: 0,
      onDemandBudgetInMs: 5000,
    },
    ...overrides,
  });
  await world.pubsub.ready();
  return {
    ...world,
    negotiateUrl: `${world.url}/negotiate`,
    route: async () => (await world.negotiate("")).body.endpoint,
  };
}
