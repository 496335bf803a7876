import type { EnvironmentView } from "../../contract/live.ts";

/** Which endpoint fails, and which takes over. A region's endpoint has the region's name. */
export interface DrillParameters {
  readonly mode: EnvironmentView["mode"];
  /** It is broken in the drill, by the drill itself or, on Azure, by the operator. */
  readonly primary: string;
  /** To the app server of `primary`. */
  readonly secondary: string;
  readonly negotiatesPerSecond: number;
  /** Each app server broadcasts at least so often. */
  readonly broadcastEveryInMs: number;
}

const NEGOTIATES_PER_SECOND = 50;
// Somebody pays for them there, or is limited in how many there may be.
const NEGOTIATES_PER_SECOND_ON_AZURE = 1;
const BROADCAST_EVERY_IN_MS = 200;
const BROADCAST_EVERY_IN_MS_ON_AZURE = 5000;

/** null when there are no two regions. */
export function drillParametersOf({ mode, servers }: EnvironmentView): DrillParameters | null {
  const [homeRegion, displacedClients] = servers;
  if (!homeRegion || !displacedClients) return null;
  const isEmulated = mode === "emulated";
  return {
    mode,
    primary: homeRegion.region,
    secondary:
      homeRegion.links.find(({ role }) => role === "secondary")?.endpoint ??
      displacedClients.region,
    negotiatesPerSecond: isEmulated ? NEGOTIATES_PER_SECOND : NEGOTIATES_PER_SECOND_ON_AZURE,
    broadcastEveryInMs: isEmulated ? BROADCAST_EVERY_IN_MS : BROADCAST_EVERY_IN_MS_ON_AZURE,
  };
}
