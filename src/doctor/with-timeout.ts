import { withDeadline } from "../kit/deadline.ts";
import type { DoctorContext } from "./check.ts";

/**
 * Runs what takes a signal of the platform, which ends with the deadline of a call, with the diagnosis,
 * and when the operation is over.
 *
 * @throws DeadlineError, the reason of the diagnosis's signal, or what the operation fails with
 */
export async function withTimeout<T>(
  { signal, timeoutInMs }: Pick<DoctorContext, "signal" | "timeoutInMs">,
  operation: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  try {
    return await withDeadline(timeoutInMs, signal, () => operation(ending.signal));
  } finally {
    ending.abort();
  }
}
