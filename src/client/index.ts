/**
 * A Web PubSub client for browsers that moves by itself. In Node the same names come from `node.ts`.
 *
 * @module
 */
export {
  type ClosedEvent,
  closeReasonOf,
  FAILBACK_REASON_PREFIX,
  MOVE_REASON_PREFIX,
} from "../kit/close-reasons.ts";
export type { CodedError, ErrorFamily } from "../kit/coded-error.ts";
export type {
  ClientEvents,
  ClientState,
  DisconnectedCode,
  OnConnectedArgs,
  OnConnectFailedArgs,
  OnContinuityArgs,
  OnDisconnectedArgs,
  OnGroupDataMessageArgs,
  OnMovedArgs,
  OnRejoinGroupFailedArgs,
  OnServerDataMessageArgs,
  OnStateChangedArgs,
  OnStoppedArgs,
  StoppedCode,
  StreamRecovery,
} from "./client-events.ts";
export { type ContinuityOptions, continuity } from "./continuity/continuity.ts";
export type { Continuity } from "./continuity-option.ts";
export {
  type ClientErrorCode,
  ConnectError,
  InvalidArgumentError,
  InvocationError,
  isPubSubClientError,
  NegotiateError,
  PubSubClientError,
  SendMessageError,
} from "./errors.ts";
export type { Negotiate, NegotiateAnswer, NegotiateContext } from "./negotiate.ts";
export type { NegotiateSource } from "./negotiate-urls.ts";
export type {
  ClientProtocol,
  ResilientPubSubClientOptions,
  WebSocketConstructor,
  WebSocketLike,
} from "./options.ts";
export { ResilientPubSubClient } from "./resilient-pubsub-client.ts";
export type * from "./wire-types.ts";
