import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

const lookInMs = 1000;
const calmShare = 0.1;

/** What all processes of the machine have taken of its processors so far. */
export function machineBusyInMs() {
  let busyInMs = 0;
  for (const { times } of cpus()) busyInMs += times.user + times.nice + times.sys + times.irq;
  return busyInMs;
}

/** Resolves when other jobs leave the machine alone, or when they do not for too long. */
export async function calm(patienceInMs) {
  const giveUpAt = performance.now() + patienceInMs;
  for (;;) {
    const before = machineBusyInMs();
    await delay(lookInMs);
    const share = (machineBusyInMs() - before) / (lookInMs * cpus().length);
    if (share <= calmShare || performance.now() >= giveUpAt) return;
  }
}
