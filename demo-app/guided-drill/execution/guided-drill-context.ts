import type { Environment } from "../../contract/environment.ts";
import type { DemoEvent } from "../../contract/live.ts";
import type { DrillParameters } from "./drill-parameters.ts";
import type { EnvironmentChanges } from "./environment-changes.ts";
import type { NegotiateLoad } from "./negotiate-load.ts";

/** What the steps of the guided drill work with. */
export interface GuidedDrillContext {
  readonly environment: Environment;
  readonly parameters: DrillParameters;
  readonly changes: EnvironmentChanges;
}

export type GuidedDrillContextUnderLoad = GuidedDrillContext & { readonly load: NegotiateLoad };

export function lastEventId({ events }: Environment): number {
  return events.entries.at(-1)?.id ?? 0;
}

type Sought = Pick<DemoEvent, "kind"> & Partial<Pick<DemoEvent, "server" | "endpoint">>;

/** The first one of that kind, there, after that id. */
export function eventAfter(
  id: number,
  environment: Environment,
  sought: Sought,
): DemoEvent | undefined {
  const { kind, server, endpoint } = sought;
  return environment.events.entries.find(
    (it) =>
      it.id > id &&
      it.kind === kind &&
      (server === undefined || it.server === server) &&
      (endpoint === undefined || it.endpoint === endpoint),
  );
}
