import type { RequestType } from "../contract/fault.ts";
import type { ActiveFault } from "./fault-options.ts";
import type { RandomSource } from "./random-source.ts";

/** How late an answer is, and by which faults. */
export interface Delay {
  readonly inMs: number;
  readonly by: readonly ActiveFault[];
}

/** What a fault answers in the place of the service. */
export interface FaultAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
}

/** What becomes of a request. */
export type FaultDecision =
  | { readonly kind: "serve"; readonly delay: Delay }
  | { readonly kind: "hold"; readonly by: ActiveFault }
  | { readonly kind: "answer"; readonly delay: Delay; readonly answer: FaultAnswer };

/**
 * Asks one fault after the other about a request: delays add up until a fault decides, and those
 * behind that one are not asked. A random number is drawn only where something depends on it.
 */
export function decideFault(
  faults: readonly ActiveFault[],
  type: RequestType,
  random: RandomSource,
): FaultDecision {
  const by: ActiveFault[] = [];
  let inMs = 0;
  for (const fault of faults) {
    if (!isHit(fault, type, random)) continue;
    switch (fault.kind) {
      case "crash":
      case "blackhole":
        return { kind: "hold", by: fault };
      case "latency":
        by.push(fault);
        inMs += fault.delayInMs;
        if (fault.jitterInMs > 0) inMs += Math.floor(random() * (fault.jitterInMs + 1));
        break;
      default:
        return { kind: "answer", delay: { inMs, by }, answer: answerOf(fault) };
    }
  }
  return { kind: "serve", delay: { inMs, by } };
}

/** The fault that holds each and every request of the type, if there is one. */
export const findFullHold = (
  faults: readonly ActiveFault[],
  type: RequestType,
): ActiveFault | undefined =>
  faults.find(
    (fault) =>
      fault.kind === "crash" ||
      (fault.kind === "blackhole" && fault.share === 1 && fault.requestTypes.includes(type)),
  );

function isHit(fault: ActiveFault, type: RequestType, random: RandomSource): boolean {
  if (fault.kind === "crash") return true;
  if (!fault.requestTypes.includes(type)) return false;
  return fault.share === 1 || random() < fault.share;
}

type AnsweringFault = Extract<
  ActiveFault,
  { kind: "unhealthy" | "throttle" | "accessDenied" | "gray" }
>;

function answerOf(fault: AnsweringFault): FaultAnswer {
  switch (fault.kind) {
    case "unhealthy":
      return { status: fault.status, headers: retryAfter(fault) };
    case "throttle":
      return { status: 429, headers: retryAfter(fault) };
    case "accessDenied":
      return { status: 403, headers: {} };
    case "gray":
      return { status: fault.status, headers: {} };
  }
}

const retryAfter = (fault: { retryAfterInSeconds?: number | undefined }): Record<string, string> =>
  fault.retryAfterInSeconds === undefined
    ? {}
    : { "Retry-After": String(fault.retryAfterInSeconds) };
