import type { PubSubEvents } from "../contract/events.ts";
import type { InternalEvents } from "../kit/typed-events.ts";
import type { Endpoint } from "../service/endpoint.ts";
import type { CanaryResult } from "./canary.ts";
import type { Probes } from "./endpoint-watch.ts";
import type { ProbeOptions, ProbeResult } from "./probe.ts";

type Finding = Pick<PubSubEvents["probe"], "outcome" | "reason">;

/** The same looks at endpoints, each of which is told while somebody wants to know. */
export function toldProbes({ health, canary }: Probes, events: InternalEvents): Probes {
  function told<Result>(
    kind: PubSubEvents["probe"]["kind"],
    look: (endpoint: Endpoint, options: ProbeOptions) => Promise<Result>,
    findingOf: (result: Result) => Finding,
  ): typeof look {
    return async (endpoint, options) => {
      const startedAt = performance.now();
      const result = await look(endpoint, options);
      if (events.wants("probe")) {
        const durationInMs = performance.now() - startedAt;
        const finding = findingOf(result);
        events.emit("probe", { endpoint: endpoint.name, kind, ...finding, durationInMs });
      }
      return result;
    };
  }
  return {
    health: told("health", health, findingOfHealth),
    canary: told("canary", canary, findingOfCanary),
  };
}

function findingOfHealth(result: ProbeResult): Finding {
  if (result === "inconclusive") return { outcome: "inconclusive", reason: undefined };
  return result.ok
    ? { outcome: "passed", reason: undefined }
    : { outcome: "failed", reason: result.reason };
}

function findingOfCanary({ kind }: CanaryResult): Finding {
  if (kind === "rejected") return { outcome: "failed", reason: "credentials-rejected" };
  return { outcome: kind, reason: kind === "failed" ? "failing-calls" : undefined };
}
