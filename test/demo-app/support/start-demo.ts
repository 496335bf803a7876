import { startEmulatedEnvironment } from "../../../demo-app/environment/emulated-environment.ts";
import type { RunningEnvironment } from "../../../demo-app/environment/running-environment.ts";
import { type Demo, startDemo as start } from "../../../demo-app/startup/start-demo.ts";
import { closeAfterTest } from "../../support/clean-up.ts";

/*
 * A region that is down leaves its port to anybody. So each test process has ports of its own, away
 * from those of `support/emulator.ts` and from those that systems hand out by themselves.
 */
const PORTS_PER_PROCESS = 500;
const PORTS_PER_DEMO = 10;
const first = 10_000 + (Number(process.env.JEST_WORKER_ID ?? 0) % 12) * PORTS_PER_PROCESS;
let started = process.pid;

export function nextPorts(): number {
  started += 1;
  return first + ((started * PORTS_PER_DEMO) % PORTS_PER_PROCESS);
}

/** Two regions without a control server; it ends after the test. */
export async function startEnvironment(): Promise<RunningEnvironment> {
  return closeAfterTest(await startEmulatedEnvironment({ firstPort: nextPorts() }));
}

/** The demo without its page; it ends after the test. */
export async function startDemo(): Promise<Demo> {
  return closeAfterTest(await start({ firstPort: nextPorts() }));
}
