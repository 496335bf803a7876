// What `onActivity` is told.
export type {
  Activity,
  ClientConnectedActivity,
  ClientDisconnectedActivity,
  ClientRecoveredActivity,
  ClientRefusedActivity,
  EventActivity,
  FaultsActivity,
  RestCallActivity,
  ValidationActivity,
} from "./contract/activity.ts";
// What `startEmulator` and `setHub` take.
export type {
  EmulatorLimits,
  EmulatorOptions,
  EventHandlerAuth,
  EventHandlerOptions,
  GroupEvent,
  HubOptions,
  SystemEvent,
  TlsCertificate,
  UpstreamTimeouts,
} from "./contract/emulator-options.ts";
// For telling one failure from another by `code`.
export { EmulatorError, type EmulatorErrorCode, isEmulatorError } from "./contract/errors.ts";
// What `inject` takes.
export type {
  AccessDeniedFault,
  BlackholeFault,
  CrashFault,
  DnsFault,
  Fault,
  FaultDuration,
  FaultKind,
  FaultScope,
  GrayFault,
  HalfOpenFault,
  LatencyFault,
  PoisonFault,
  RequestType,
  SlowLinkFault,
  ThrottleFault,
  TlsFault,
  UnhealthyFault,
} from "./contract/fault.ts";
// What the other methods of an emulator take.
export type { DropOptions, KeyName, RestartOptions } from "./contract/operation-options.ts";
// The way in: start a local Azure Web PubSub for tests and development.
export { type Emulator, startEmulator } from "./emulator.ts";
// What `state` says.
export type { EmulatorState } from "./lifecycle.ts";
