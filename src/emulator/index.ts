// What `onActivity` is told.
export type { Activity } from "./activity.ts";
// The way in: start a local Azure Web PubSub for tests and development.
export { type Emulator, type EmulatorState, startEmulator } from "./emulator.ts";
// For telling one failure from another by `code`.
export { EmulatorError, type EmulatorErrorCode, isEmulatorError } from "./errors.ts";
// What `inject` takes.
export type {
  AccessDeniedFault,
  BlackholeFault,
  CrashFault,
  Fault,
  FaultDuration,
  FaultKind,
  FaultScope,
  GrayFault,
  LatencyFault,
  RequestType,
  ThrottleFault,
  UnhealthyFault,
} from "./faults/fault.ts";
// What the other methods of an emulator take.
export type { DropOptions, RestartOptions } from "./operation-options.ts";
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
} from "./options.ts";
// What `rotateKey` takes.
export type { KeyName } from "./tokens/access-keys.ts";
