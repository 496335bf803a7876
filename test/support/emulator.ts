import {
  type Emulator,
  type EmulatorError,
  type EmulatorOptions,
  startEmulator as start,
} from "express-resilient-pubsub/emulator";

/*
 * The port of a crashed emulator is free for anybody. A test that runs beside this one and asks for
 * any free port would get it sooner or later, and answer in place of the dead. So each test process
 * has ports of its own, away from those that systems hand out by themselves.
 */
const PORTS_PER_PROCESS = 1000;
const first = 20_000 + (Number(process.env.JEST_WORKER_ID ?? 0) % 12) * PORTS_PER_PROCESS;
let taken = process.pid;

/** Starts an emulator whose port nobody else takes while it is down. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  for (;;) {
    const port = first + (taken++ % PORTS_PER_PROCESS);
    try {
      return await start({ port, ...options });
    } catch (error) {
      const isInUse = (error as EmulatorError).code === "ERR_PORT_IN_USE";
      if (!isInUse || options.port !== undefined) throw error;
    }
  }
}
