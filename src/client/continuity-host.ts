import type { AppServers } from "./app-servers.ts";
import type { CallRequest } from "./calls.ts";
import type { OnContinuityArgs } from "./client-events.ts";
import type { ContinuityPort, Message } from "./continuity-port.ts";
import type { ClientConfiguration } from "./options.ts";
import type { InvokeEventResult } from "./wire-types.ts";

/** What a client lends to whoever keeps its positions. */
export interface ContinuityHost {
  readonly appServers: AppServers;
  readonly configuration: ClientConfiguration;
  readonly deliver: (message: Message, isReplayed: boolean) => void;
  readonly tell: (args: OnContinuityArgs) => void;
  readonly createId: () => number;
  readonly invoke: (call: CallRequest & { invocationId: string }) => Promise<InvokeEventResult>;
}

/** What the value of the option `continuity` can do. */
export interface ContinuityFactory {
  readonly attach: (host: ContinuityHost) => ContinuityPort;
}
