import type { Agreement } from "../contract/coordination.ts";
import type { Census } from "../endpoints/census.ts";
import type { ConnectionLocations } from "../endpoints/connection-locations.ts";
import type { DisplacedClients } from "../endpoints/displaced-clients.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import type { HealthMonitor } from "../health/monitor.ts";
import type { InternalEvents } from "../kit/typed-events.ts";
import type { OnceWarnings } from "../kit/warn-once.ts";
import type { Configuration } from "../options/parse-options.ts";
import type { HistoryPort } from "./history-port.ts";
import type { TracingPort } from "./tracing-port.ts";

/** What all parts of one plugin share. The composition root makes it and hands it to each of them. */
export interface PluginContext {
  readonly configuration: Configuration;
  readonly registry: EndpointRegistry;
  readonly monitor: HealthMonitor;
  readonly events: InternalEvents;
  readonly locations: ConnectionLocations;
  readonly displaced: DisplacedClients;
  /** Of the clients that ask for reviews; none where there are no reviews. */
  readonly census?: Census | undefined;
  readonly warnings: OnceWarnings;
  /** None where the application wants no log. */
  readonly log?: ExplanationLog | undefined;
  /** Where spans go; nowhere, when it is undefined. */
  readonly tracing?: TracingPort | undefined;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** In the client-client topology, where it is not for each server to choose. */
  readonly agreed?: AgreedChoice | undefined;
  /** Where what is sent is kept. */
  readonly history?: HistoryPort | undefined;
}

/** Where negotiates are explained, if anybody reads that. */
export interface ExplanationLog {
  readonly isDebug: boolean;
  explain(what: string, fields: object): void;
}

/** What tells one agreement from all others. */
export type AgreementId = Pick<Agreement, "epoch" | "incarnation">;

/** Where all servers send their clients, in the client-client topology. */
export interface AgreedChoice {
  readonly agreement: AgreementId | undefined;
  /** Undefined when this server knows no agreement, or not its endpoint. */
  readonly active: RegisteredEndpoint | undefined;
  /** Whether the store has not been reached for so long that the agreement may be another one by now. */
  readonly isStoreLost: boolean;
  /** App servers that are known to live, this one included. */
  readonly servers: number;
  /** Resolves when the choice changes. */
  readonly changed: Promise<void>;
}
