import type { Fault } from "express-resilient-pubsub/emulator";
import type { Cast } from "./cast.ts";
import { type Breakage, REGIONS, type RegionFault, type RegionName } from "./plan.ts";
import type { RunProcess } from "./run-process.ts";

/** What is about to be broken. */
export interface Broken {
  readonly name: string;
  breakAndHeal(meanwhile: () => Promise<unknown>): Promise<void>;
}

const FAULTS: Readonly<Record<Exclude<RegionFault, "restart">, Fault | "wrongKey">> = {
  crash: { kind: "crash" },
  blackhole: { kind: "blackhole" },
  gray: { kind: "gray" },
  wrongKey: "wrongKey",
};
const PATIENCE_IN_MS = 2000;

export async function brokenBy(breakage: Breakage, cast: Cast): Promise<Broken> {
  if (breakage.kind === "redis") {
    const { fault } = breakage;
    return {
      name: fault,
      breakAndHeal: async (meanwhile) => cast.redis?.failOver(fault, meanwhile),
    };
  }
  if (breakage.kind === "serverKilled") return killed(cast.servers[breakage.server] as RunProcess);
  const serving = await servingRegion(cast);
  const name = REGIONS.find((each) => (each === serving) === breakage.isServing) ?? serving;
  const region = cast.regions.get(name) as RunProcess;
  return breakage.kind === "restart" ? killed(region) : faulty(region, FAULTS[breakage.kind]);
}

function killed(process: RunProcess): Broken {
  return {
    name: process.name,
    breakAndHeal: async (meanwhile) => {
      await process.kill();
      await meanwhile();
      await process.start();
    },
  };
}

function faulty(region: RunProcess, fault: Fault | "wrongKey"): Broken {
  return {
    name: region.name,
    breakAndHeal: async (meanwhile) => {
      region.send({ fault });
      await meanwhile();
      region.send({ fault: undefined });
    },
  };
}

/** Where clients are sent now. */
async function servingRegion({ negotiateUrls }: Cast): Promise<RegionName> {
  for (const url of negotiateUrls) {
    const limit = { signal: AbortSignal.timeout(PATIENCE_IN_MS) };
    const answer = await fetch(`${url}?user=operator`, limit)
      .then((response) => response.json() as Promise<{ endpoint?: RegionName }>)
      .catch(() => undefined);
    if (answer?.endpoint) return answer.endpoint;
  }
  return "east";
}
