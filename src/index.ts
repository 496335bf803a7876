// biome-ignore-all assist/source/organizeImports: the exports stand in the order in which users need them.

// The plugin, and where its endpoints may come from.
export { endpointsFromEnv } from "./options/endpoints-from-env.ts";
export { resilientPubSub } from "./resilient-pubsub.ts";

// Where servers meet that agree on one endpoint; the other stores have entries of their own.
export { memoryStore } from "./stores/memory-store.ts";

// Where what was sent is kept for clients that were away; redis has it beside its store.
export {
  type MemoryHistoryOptions,
  memoryHistory,
} from "./stores/memory-history/memory-history.ts";

// What it throws; match `code`, or use the guard where duplicate installs defeat `instanceof`.
export { FanOutError } from "./fan-out/report.ts";
export {
  InvalidArgumentError,
  InvalidOptionsError,
  isResilientPubSubError,
  type OptionProblem,
  ResilientPubSubError,
} from "./kit/errors.ts";

// The reason that a client was closed with, and how ours begin, to tell such a close from any other.
export {
  type ClosedEvent,
  closeReasonOf,
  FAILBACK_REASON_PREFIX,
  MOVE_REASON_PREFIX,
} from "./kit/close-reasons.ts";

// What clients may do by themselves, group by group.
export { roles } from "./marker-groups/roles.ts";

// What it takes, answers and announces.
export type * from "./contract/abort-signal.ts";
export type * from "./contract/call-options.ts";
export type * from "./contract/coordination.ts";
export type * from "./contract/endpoint.ts";
export type * from "./contract/endpoints-control.ts";
export type * from "./contract/error-code.ts";
export type * from "./contract/error-json.ts";
export type * from "./contract/events.ts";
export type * from "./contract/fan-out-report.ts";
export type * from "./contract/frequent-events.ts";
export type * from "./contract/group-roles.ts";
export type * from "./contract/history-options.ts";
export type * from "./contract/history-store.ts";
export type * from "./contract/listing.ts";
export type * from "./contract/logger.ts";
export type * from "./contract/message.ts";
export type * from "./contract/negotiate-answer.ts";
export type * from "./contract/options.ts";
export type * from "./contract/pubsub.ts";
export type * from "./contract/resilient-pubsub.ts";
export type * from "./contract/status.ts";
export type * from "./contract/store.ts";
export type * from "./contract/upstream-options.ts";
