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

export type OnOutcome = (endpoint: RegisteredEndpoint, error?: unknown) => void;

/**
 * Sends one operation to every healthy endpoint in parallel, each with its own deadline.
 *
 * @param onOutcome Told of every call: of its success when there is no error.
 * @throws FanOutError when nothing was delivered, or `require: "all"` is not met
 */
export async function fanOut(
  endpoints: readonly RegisteredEndpoint[],
  call: FanOutCall,
  onOutcome: OnOutcome,
): Promise<FanOutReport> {
  const outcomes = await Promise.all(
    endpoints.map((endpoint) => outcomeOn(endpoint, call, onOutcome)),
  );
  // In the order of configuration, whoever was first.
  const report: FanOutReport = { delivered: [], failed: [], skipped: [] };
  for (const [index, outcome] of outcomes.entries()) {
    const endpoint = endpoints[index]?.name ?? "";
    if (outcome.kind === "delivered") report.delivered.push(endpoint);
    else if (outcome.kind === "failed") report.failed.push({ endpoint, error: outcome.error });
    else report.skipped.push({ endpoint, reason: outcome.reason });
  }
  const { delivered, failed, skipped } = report;
  const isMet = call.require === "all" ? failed.length + skipped.length === 0 : true;
  if (delivered.length === 0 || !isMet) throw new FanOutError(call.name, report);
  return report;
}

type Outcome =
  | { kind: "delivered" }
  | { kind: "failed"; error: unknown }
  | { kind: "skipped"; reason: string };

async function outcomeOn(
  target: RegisteredEndpoint,
  { send, timeoutInMs, abortSignal }: FanOutCall,
  onOutcome: OnOutcome,
): Promise<Outcome> {
  if (target.state !== "healthy") return { kind: "skipped", reason: target.reason };
  try {
    await withDeadline(timeoutInMs, abortSignal, (signal) => send(target.endpoint.client, signal));
    onOutcome(target);
    return { kind: "delivered" };
  } catch (error) {
    onOutcome(target, error);
    return { kind: "failed", error };
  }
}
