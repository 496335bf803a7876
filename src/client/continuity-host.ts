import type { AppServers } from "./app-servers.ts";
import type { Calls } from "./calls.ts";
import type { ClientEvents } from "./client-events.ts";
import type { ContinuityPort } from "./continuity-port.ts";
import type { Emitter } from "./emitter.ts";
import type { NegotiateSource } from "./negotiate-urls.ts";
import type { ClientConfiguration } from "./options.ts";

/** What a client lends to whoever keeps its positions. */
export interface ContinuityHost {
  readonly appServers: AppServers;
  readonly configuration: ClientConfiguration;
  readonly emitter: Emitter<ClientEvents>;
  /** Others after each stop. */
  readonly calls: Calls;
  /** Undefined while the client is stopped. */
  readonly run: unknown;
}

/** What the value of the option `continuity` can do. */
export interface ContinuityFactory {
  readonly attach: (host: ContinuityHost, negotiate: NegotiateSource) => ContinuityPort;
}
