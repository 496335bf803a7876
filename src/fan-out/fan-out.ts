import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import { withDeadline } from "../deadline.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { FanOutError, type FanOutReport } from "./report.ts";

export interface FanOutCall {
  /** For messages, such as `broadcast`. */
  readonly name: string;
  readonly send: (client: WebPubSubServiceClient, abortSignal: AbortSignal) => Promise<unknown>;
  readonly timeoutInMs: number;
  readonly abortSignal?: AbortSignal | undefined;
  /** What it takes to succeed: one endpoint that accepts, or every endpoint there is. */
  readonly require: "any" | "all";
}

/** `startedAt` is in the time of `performance.now()`. */
export type OnOutcome = (endpoint: RegisteredEndpoint, error: unknown, startedAt: number) => void;

/** All endpoints, and those among them that get operations now; the others are reported as skipped. */
export interface Receivers {
  readonly all: readonly RegisteredEndpoint[];
  readonly receiving: ReadonlySet<RegisteredEndpoint>;
}

/**
 * Sends one operation to every receiving endpoint in parallel, each with its own deadline.
 *
 * @param onOutcome Told of every call: of its success when there is no error.
 * @throws FanOutError when nothing was delivered, or `require: "all"` is not met
 */
export async function fanOut(
  { all, receiving }: Receivers,
  call: FanOutCall,
  onOutcome: OnOutcome,
): Promise<FanOutReport> {
  const outcomes = await Promise.all(
    all.map((endpoint) =>
      receiving.has(endpoint) ? outcomeOn(endpoint, call, onOutcome) : skipped(endpoint),
    ),
  );
  // In the order of configuration, whoever was first.
  const report: FanOutReport = { delivered: [], failed: [], skipped: [] };
  for (const [index, outcome] of outcomes.entries()) {
    const endpoint = all[index]?.name ?? "";
    if (outcome.kind === "delivered") report.delivered.push(endpoint);
    else if (outcome.kind === "failed") report.failed.push({ endpoint, error: outcome.error });
    else report.skipped.push({ endpoint, reason: outcome.reason });
  }
  const isMet = call.require === "all" ? report.delivered.length === all.length : true;
  if (report.delivered.length === 0 || !isMet) throw new FanOutError(call.name, report);
  return report;
}

type Outcome =
  | { kind: "delivered" }
  | { kind: "failed"; error: unknown }
  | { kind: "skipped"; reason: string };

const skipped = ({ reason }: RegisteredEndpoint): Outcome => ({ kind: "skipped", reason });

async function outcomeOn(
  target: RegisteredEndpoint,
  { send, timeoutInMs, abortSignal }: FanOutCall,
  onOutcome: OnOutcome,
): Promise<Outcome> {
  const startedAt = performance.now();
  try {
    await withDeadline(timeoutInMs, abortSignal, (signal) => send(target.endpoint.client, signal));
    onOutcome(target, undefined, startedAt);
    return { kind: "delivered" };
  } catch (error) {
    onOutcome(target, error, startedAt);
    return { kind: "failed", error };
  }
}
