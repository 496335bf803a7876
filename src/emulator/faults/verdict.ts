import type { RequestType } from "../contract/fault.ts";
import type { Dice } from "./dice.ts";
import type { ActiveFault } from "./fault-options.ts";

/** How late an answer is, and whose doing that is. */
export interface Delay {
  readonly inMs: number;
  readonly by: readonly ActiveFault[];
}

/** What becomes of a request. */
export type Verdict =
  | { readonly kind: "serve"; readonly delay: Delay }
  | { readonly kind: "hold"; readonly by: ActiveFault }
  | {
      readonly kind: "answer";
      readonly delay: Delay;
      readonly status: number;
      readonly headers: Record<string, string>;
    };

/**
 * Judges one request by every fault in turn: delays add up until a fault decides, and what stands
 * behind that one has no say. The dice are thrown only where something depends on them.
 */
export function judge(faults: readonly ActiveFault[], type: RequestType, dice: Dice): Verdict {
  const by: ActiveFault[] = [];
  let inMs = 0;
  for (const fault of faults) {
    if (!isHit(fault, type, dice)) continue;
    switch (fault.kind) {
      case "crash":
      case "blackhole":
        return { kind: "hold", by: fault };
      case "latency":
        by.push(fault);
        inMs += fault.delayInMs;
        if (fault.jitterInMs > 0) inMs += Math.floor(dice() * (fault.jitterInMs + 1));
        break;
      default:
        return { kind: "answer", delay: { inMs, by }, ...refusalOf(fault) };
    }
  }
  return { kind: "serve", delay: { inMs, by } };
}

/** The fault that holds each and every request of the type, if there is one. */
export const wholeHold = (
  faults: readonly ActiveFault[],
  type: RequestType,
): ActiveFault | undefined =>
  faults.find(
    (fault) =>
      fault.kind === "crash" ||
      (fault.kind === "blackhole" && fault.share === 1 && fault.requestTypes.includes(type)),
  );

function isHit(fault: ActiveFault, type: RequestType, dice: Dice): boolean {
  if (fault.kind === "crash") return true;
  if (!fault.requestTypes.includes(type)) return false;
  return fault.share === 1 || dice() < fault.share;
}

type RefusingFault = Extract<
  ActiveFault,
  { kind: "unhealthy" | "throttle" | "accessDenied" | "gray" }
>;

function refusalOf(fault: RefusingFault): { status: number; headers: Record<string, string> } {
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
