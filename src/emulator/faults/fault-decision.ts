import type { FaultKind, RequestType } from "../contract/fault.ts";
import type { ActiveFault, ActiveFaultOf } from "./fault-options.ts";
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

/** What faults look at of a request. */
export interface FaultTarget {
  readonly type: RequestType;
  /** Its URL, decoded, and its body; left out while no fault looks into them. */
  readonly content?: readonly Buffer[] | undefined;
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
  target: FaultTarget,
  random: RandomSource,
): FaultDecision {
  const by: ActiveFault[] = [];
  let inMs = 0;
  for (const fault of faults) {
    if (!concernsRequests(fault) || !isHit(fault, target, random)) continue;
    switch (fault.kind) {
      case "crash":
      case "blackhole":
      case "half-open":
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
      ((fault.kind === "blackhole" || fault.kind === "half-open") &&
        fault.share === 1 &&
        fault.requestTypes.includes(type)),
  );

/** The first fault of a kind that hits this time, for what is no request. */
export const drawFault = <Kind extends "dns" | "slow-link">(
  faults: readonly ActiveFault[],
  kind: Kind,
  random: RandomSource,
): ActiveFaultOf<Kind> | undefined =>
  faults.filter(isOf(kind)).find((fault) => isDrawn(fault, random));

export const isOf =
  <Kind extends FaultKind>(kind: Kind) =>
  (fault: ActiveFault): fault is ActiveFaultOf<Kind> =>
    fault.kind === kind;

type RequestFault = Exclude<ActiveFault, { kind: "slow-link" | "tls" | "dns" }>;

const concernsRequests = (fault: ActiveFault): fault is RequestFault =>
  fault.kind === "crash" || "requestTypes" in fault;

function isHit(fault: RequestFault, { type, content }: FaultTarget, random: RandomSource): boolean {
  if (fault.kind === "crash") return true;
  if (!fault.requestTypes.includes(type)) return false;
  if (fault.kind === "poison" && !content?.some((part) => part.includes(fault.text))) return false;
  return isDrawn(fault, random);
}

const isDrawn = ({ share }: { readonly share: number }, random: RandomSource): boolean =>
  share === 1 || random() < share;

type AnsweringFault = ActiveFaultOf<"unhealthy" | "throttle" | "accessDenied" | "gray" | "poison">;

function answerOf(fault: AnsweringFault): FaultAnswer {
  switch (fault.kind) {
    case "unhealthy":
      return { status: fault.status, headers: retryAfter(fault) };
    case "throttle":
      return { status: 429, headers: retryAfter(fault) };
    case "accessDenied":
      return { status: 403, headers: {} };
    case "gray":
    case "poison":
      return { status: fault.status, headers: {} };
  }
}

const retryAfter = (fault: { retryAfterInSeconds?: number | undefined }): Record<string, string> =>
  fault.retryAfterInSeconds === undefined
    ? {}
    : { "Retry-After": String(fault.retryAfterInSeconds) };
