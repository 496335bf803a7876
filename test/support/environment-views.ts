import type {
  ClientChange,
  EndpointView,
  EnvironmentView,
  FaultName,
  LinkView,
  ServerView,
} from "../../demo-app/contract/live.ts";

const REGIONS = ["eastus", "westus"];

interface Differences {
  readonly environment?: Partial<EnvironmentView>;
  readonly endpoints?: Readonly<Record<string, Partial<EndpointView>>>;
  readonly servers?: Readonly<Record<string, Partial<ServerView>>>;
  /** Seen down by everybody, for this reason. */
  readonly down?: Readonly<Record<string, string>>;
}

/** Two regions as they are when all is well, but for these differences. */
export function environmentWith({
  environment,
  endpoints,
  servers,
  down = {},
}: Differences = {}): EnvironmentView {
  return {
    mode: "emulated",
    topology: "client-server",
    failback: "natural",
    endpoints: REGIONS.map((name) => ({
      name,
      fault: null,
      isDrained: false,
      isForced: false,
      ...endpoints?.[name],
    })),
    servers: REGIONS.map((region, index) => ({
      region,
      url: `http://127.0.0.1:300${index}`,
      isRunning: true,
      answers: region,
      links: REGIONS.map((name) => linkOf(region, name, down[name])),
      ...servers?.[region],
    })),
    clientCounts: { wanted: 120, connected: 120 },
    broadcastEveryInMs: 1000,
    isComparing: false,
    agreement: null,
    ...environment,
  };
}

/** eastus is out by this fault, all have noticed, and westus takes its clients. */
export function eastusDown(fault: FaultName = "crash"): EnvironmentView {
  return environmentWith({
    endpoints: { eastus: { fault } },
    servers: { eastus: { answers: "westus" } },
    down: { eastus: "refused" },
  });
}

/** So many clients, home regions in turn; `place` says on which endpoint each is. */
export function clientChangesOf(
  size: number,
  place: (homeRegion: number, id: number) => number = (homeRegion) => homeRegion,
): ClientChange[] {
  return Array.from({ length: size }, (_, index) => [
    index + 1,
    index % 2,
    place(index % 2, index + 1),
  ]);
}

function linkOf(region: string, endpoint: string, reason: string | undefined): LinkView {
  return {
    endpoint,
    role: region === endpoint ? "primary" : "secondary",
    health: reason ? "unhealthy" : "healthy",
    reason: reason ?? null,
  };
}
