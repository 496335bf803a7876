import type { PluginContext } from "../context/plugin-context.ts";
import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { MOVE_REASON_PREFIX } from "../kit/close-reasons.ts";
import { NEGOTIATED_GROUP } from "../marker-groups/marker.ts";
import { callWithin } from "../service/call-within.ts";
import { classifyFailure } from "../service/failure.ts";
import type { SweepTarget } from "./straggler-sweep.ts";

/**
 * The endpoints of this server that may have clients: those included that must prove themselves before
 * they get new ones, for they may have old ones.
 *
 * @param signal Ends the calls under way.
 */
export function sweepTargets(
  context: PluginContext,
  signal: AbortSignalLike,
): readonly SweepTarget[] {
  const { registry } = context;
  const reachable = registry.fanOutTargets();
  return registry
    .all()
    .filter(({ joining }) => !joining)
    .map((endpoint) => sweepTarget(context, signal, endpoint, reachable.has(endpoint)));
}

function sweepTarget(
  { configuration, monitor, registry }: PluginContext,
  signal: AbortSignalLike,
  registered: RegisteredEndpoint,
  isReachable: boolean,
): SweepTarget {
  const { name, endpoint } = registered;
  // Sent this late, it was still decided on what is agreed: see the half of a lease in the sweep.
  const timeoutInMs = Math.min(
    configuration.health.timeoutInMs,
    configuration.coordination.leaseInMs / 2,
  );
  const call = async <T>(operation: (abortSignal: AbortSignalLike) => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    try {
      const answer = await callWithin(timeoutInMs, signal, operation);
      monitor.reportSuccess(registered, startedAt);
      return answer;
    } catch (error) {
      if (!signal.aborted) {
        const failure = classifyFailure(error);
        registry.recordFailure(registered, "straggler sweep", failure);
        void monitor.reportFailure(registered, failure, startedAt);
      }
      throw error;
    }
  };
  return {
    name,
    url: endpoint.config.url,
    unreachable: isReachable ? undefined : registered.reason,
    check: () => void monitor.check(registered),
    isOccupied: () =>
      call((abortSignal) => endpoint.client.groupExists(NEGOTIATED_GROUP, { abortSignal })),
    closeAll: (active) =>
      call((abortSignal) =>
        endpoint.client.closeAllConnections({ reason: MOVE_REASON_PREFIX + active, abortSignal }),
      ),
  };
}
