// The plugin, and where its endpoints may come from.

export type * from "./contract/options.ts";
export type * from "./contract/pubsub.ts";
// What it takes.
export type {
  CoordinationStore,
  StoreCallOptions,
  StoreConnection,
  Versioned,
} from "./contract/store.ts";
// What it answers and announces.
export type { Agreement, AgreementReason } from "./coordination/agreement.ts";
export type { CoordinationControl, CoordinationStatus } from "./coordination/coordination.ts";
export type { Observation, SeenEndpoint, SeenState } from "./coordination/observation.ts";
export { MOVE_REASON_PREFIX } from "./coordination/straggler-sweep.ts";
export type { EndpointsControl } from "./endpoints/endpoints-control.ts";
export type { EndpointSnapshot, ProbeRecord } from "./endpoints/registered-endpoint.ts";
export type { CallOptions, CommandOptions } from "./fan-out/call-options.ts";
export type { ConnectionList, ListedConnection, ListOptions } from "./fan-out/listing.ts";
export type { ContentType, Message } from "./fan-out/message.ts";
export type { EndpointOutcome, FanOutReport } from "./fan-out/report.ts";
export { FanOutError } from "./fan-out/report.ts";
// What it throws; match `code`, or use the guard where duplicate installs defeat `instanceof`.
export {
  type ErrorCode,
  InvalidArgumentError,
  InvalidOptionsError,
  isResilientPubSubError,
  type OptionProblem,
  ResilientPubSubError,
} from "./kit/errors.ts";
export type { PubSubEvents } from "./kit/typed-events.ts";
export { FAILBACK_REASON_PREFIX } from "./marker-groups/displaced.ts";
export type { NegotiateAnswer } from "./negotiate/negotiate-handler.ts";
export { endpointsFromEnv } from "./options/endpoints-from-env.ts";
export { type ResilientPubSub, resilientPubSub } from "./resilient-pubsub.ts";
export type { DownReason } from "./service/down-reason.ts";
// Where servers meet that agree on one endpoint; the other stores have entries of their own.
export { memoryStore } from "./stores/memory-store.ts";
