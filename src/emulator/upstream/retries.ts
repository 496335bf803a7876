import { pause } from "../../kit/pause.ts";
import type { Answer } from "./transport.ts";

const UNAVAILABLE = 503;

/**
 * Calls an app server again while it answers 503: once after each pause, and then no more. The last
 * answer counts; when the signal ends a pause, that is the one before it.
 */
export async function callUntilAvailable(
  call: () => Promise<Answer>,
  delaysInMs: readonly number[],
  signal: () => AbortSignal,
): Promise<Answer> {
  let answer = await call();
  for (const delayInMs of delaysInMs) {
    if (answer.status !== UNAVAILABLE) break;
    const ended = signal();
    await pause(delayInMs, ended);
    if (ended.aborted) break;
    answer = await call();
  }
  return answer;
}
