import type { EndpointSnapshot } from "../contract/endpoint.ts";
import type { PubSubEventSource } from "../contract/events.ts";
import type { OutboxBacklog } from "../contract/history-store.ts";

/** What the metrics of one plugin are made of. */
export interface MetricsSource {
  readonly hub: string;
  readonly events: Pick<PubSubEventSource, "onAny" | "offAny">;
  endpoints(): readonly EndpointSnapshot[];
  /** Clients of which events have told that they are on another endpoint than their primary. */
  displacedOn(endpoint: string): number;
  /** Undefined where servers agree on nothing. */
  agreement(): AgreementGauges | undefined;
  /** What endpoints have still to be sent; undefined where nothing is kept, and while it is not known. */
  backlog(): OutboxBacklog | undefined;
  /** Whether the stores that there are can be used now. */
  stores(): readonly { readonly store: "coordination" | "history"; readonly isUp: boolean }[];
}

/** What a server knows of the agreement, as numbers. */
export interface AgreementGauges {
  readonly epoch: number | undefined;
  readonly active: string | undefined;
  readonly isLeader: boolean;
  /** App servers that are known to live, this one included. */
  readonly servers: number;
}

/** Where a plugin has its source, for collectors that are a module of their own. */
export const METRICS_SOURCE = Symbol.for("express-resilient-pubsub.metrics-source");
