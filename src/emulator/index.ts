// The way in: start a local Azure Web PubSub for tests and development.
export { type Emulator, type EmulatorState, startEmulator } from "./emulator.ts";
// For telling one failure from another by `code`.
export { EmulatorError, type EmulatorErrorCode } from "./errors.ts";
// What `inject` takes.
export type { Fault, FaultKind } from "./faults/fault.ts";
// What `startEmulator` and `setHub` take.
export type {
  EmulatorOptions,
  EventHandlerOptions,
  HubOptions,
  RestartOptions,
  SystemEvent,
} from "./options.ts";
