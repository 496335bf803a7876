import type { PluginContext } from "../context/plugin-context.ts";
import type { CoordinationStatus } from "../contract/coordination.ts";
import type { EndpointSnapshot } from "../contract/endpoint.ts";
import type { OutboxBacklog } from "../contract/history-store.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import type { MetricsSource } from "./metrics-source.ts";

/** What other parts of a plugin know. */
interface Known {
  readonly snapshot: () => readonly EndpointSnapshot[];
  /** Undefined where servers agree on nothing. */
  readonly status: (() => CoordinationStatus) | undefined;
  /** Undefined where nothing is kept. */
  readonly history: KnownHistory | undefined;
}

interface KnownHistory {
  readonly session: { readonly isLive: boolean };
  readonly backlog: { look(): OutboxBacklog | undefined };
}

/** The source of the metrics of one plugin. */
export function pluginSource(
  { configuration, displaced, registry }: PluginContext,
  events: TypedEvents,
  { snapshot, status, history }: Known,
): MetricsSource {
  return {
    hub: configuration.hub,
    events,
    endpoints: snapshot,
    displacedOn: (name) => {
      const endpoint = registry.find(name);
      return endpoint ? displaced.countOn(endpoint) : 0;
    },
    agreement: () => {
      if (status === undefined) return undefined;
      const { agreement, isLeader, peers } = status();
      const { epoch, active } = agreement ?? {};
      return { epoch, active, isLeader, servers: peers.length + 1 };
    },
    backlog: () => history?.backlog.look(),
    stores: () => [
      ...(status ? [{ store: "coordination", isUp: status().store.isReachable } as const] : []),
      ...(history ? [{ store: "history", isUp: history.session.isLive } as const] : []),
    ],
  };
}
