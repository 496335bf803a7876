import { reasonOf } from "../kit/deadline.ts";
import type { Check, DoctorContext } from "./check.ts";
import type { DoctorProgress, Finding } from "./contract.ts";
import { explainUnforeseen } from "./explain-failure.ts";

/**
 * One after the other, since each rests on those before it. A check that fails for a reason of its own is a
 * finding as well.
 *
 * @param findings Where they are collected, as the checks see them.
 * @throws the reason of the signal
 */
export async function runChecks(
  checks: readonly Check[],
  context: DoctorContext,
  findings: Finding[],
): Promise<void> {
  const { signal, given } = context;
  const tell = (progress: DoctorProgress): void => {
    try {
      given.onProgress?.(progress);
    } catch {
      // Whoever watches is no part of what is looked at.
    }
  };
  for (const [done, check] of checks.entries()) {
    const { id, title } = check;
    tell({ check: id, title, done, total: checks.length });
    if (signal.aborted) throw reasonOf(signal);
    const found = await findingsOf(check, context);
    if (signal.aborted) throw reasonOf(signal);
    findings.push(...found);
    tell({ check: id, title, done: done + 1, total: checks.length, findings: found });
  }
}

async function findingsOf(check: Check, context: DoctorContext): Promise<Finding[]> {
  try {
    const found = await check.run(context);
    return found.map((one) => ({ check: check.id, ...one }));
  } catch (error) {
    return [{ check: check.id, status: "fail", ...explainUnforeseen(error) }];
  }
}
