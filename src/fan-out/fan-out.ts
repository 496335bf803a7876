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

/**
 * Sends one operation to every healthy endpoint in parallel, each with its own deadline.
 *
 * @param onCallFailed Told of every endpoint that failed.
 * @throws FanOutError when nothing was delivered, or `require: "all"` is not met
 */
export async function fanOut(
  endpoints: readonly RegisteredEndpoint[],
  call: FanOutCall,
  onCallFailed: (endpoint: RegisteredEndpoint, error: unknown) => void,
): Promise<FanOutReport> {
  const report: FanOutReport = { delivered: [], failed: [], skipped: [] };
  const targets = endpoints.filter(({ health }) => health.status === "healthy");
  for (const endpoint of endpoints) {
    if (targets.includes(endpoint)) continue;
    report.skipped.push({ endpoint: endpoint.name, reason: endpoint.reason });
  }
  await Promise.all(
    targets.map(async (target) => {
      try {
        await withDeadline(call.timeoutInMs, call.abortSignal, (signal) =>
          call.send(target.endpoint.client, signal),
        );
        report.delivered.push(target.name);
      } catch (error) {
        report.failed.push({ endpoint: target.name, error });
        onCallFailed(target, error);
      }
    }),
  );
  const { delivered, failed, skipped } = report;
  const isMet = call.require === "all" ? failed.length + skipped.length === 0 : true;
  if (delivered.length === 0 || !isMet) throw new FanOutError(call.name, report);
  return report;
}
