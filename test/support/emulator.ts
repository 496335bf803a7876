import {
  type Emulator,
  type EmulatorOptions,
  startEmulator as start,
} from "express-resilient-pubsub/emulator";
import { onOwnPort } from "./own-port.ts";

/** Starts an emulator whose port nobody else takes while it is down. */
export function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const isGiven = options.port !== undefined;
  return isGiven ? start(options) : onOwnPort((port) => start({ ...options, port }));
}
