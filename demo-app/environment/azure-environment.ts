import type { EndpointOptions } from "express-resilient-pubsub";
import { openAll } from "../kit/open-all.ts";
import type { RegionEndpoints } from "./plugin-options.ts";
import type { RunningEnvironment } from "./running-environment.ts";
import { type EnvironmentOptions, startEnvironment } from "./start-environment.ts";

/** The same demo on real instances; which and in what roles, the environment has said. */
export function startAzureEnvironment(
  endpoints: readonly EndpointOptions[],
  options: EnvironmentOptions = {},
): Promise<RunningEnvironment> {
  return openAll((opened) => startEnvironment(opened, regionEndpointsOf(endpoints), [], options));
}

/**
 * A primary and its secondary make two regions that mirror each other. Of any other set there is
 * no telling what the mirror would be, so it gets the one app server that it describes.
 */
export function regionEndpointsOf(endpoints: readonly EndpointOptions[]): RegionEndpoints[] {
  const [first, second, ...others] = endpoints;
  if (first === undefined) return [];
  const asGiven = { region: first.name, endpoints: [...endpoints] };
  const isPair = first.role === "primary" && second?.role === "secondary" && others.length === 0;
  if (!isPair) return [asGiven];
  const mirrored: EndpointOptions[] = [
    { ...first, role: "secondary" },
    { ...second, role: "primary" },
  ];
  return [asGiven, { region: second.name, endpoints: mirrored }];
}
