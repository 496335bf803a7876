import type { Request } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import { inSpan } from "../context/tracing-port.ts";
import type { ErrorCode } from "../contract/error-code.ts";
import type { UpstreamEventKind } from "../contract/frequent-events.ts";
import { codeOfRefusal } from "../http/problem.ts";
import { isPublishType } from "./publish-event.ts";
import type { Refusals } from "./refusals.ts";

const KINDS: ReadonlyMap<string, UpstreamEventKind> = new Map([
  ["azure.webpubsub.sys.connect", "connect"],
  ["azure.webpubsub.sys.connected", "connected"],
  ["azure.webpubsub.sys.disconnected", "disconnected"],
  ["azure.webpubsub.gp.joined", "joined"],
  ["azure.webpubsub.gp.left", "left"],
]);

/** The application's: what they failed with is a `handlerError`. */
const FAILURES: readonly ErrorCode[] = ["ERR_HANDLER_FAILED", "ERR_HISTORY_UNAVAILABLE"];

/** Answers a request of the upstream route, and tells what it came to. */
export function toldOf(
  context: PluginContext,
  refusals: Refusals,
  req: Request,
  answer: () => void | Promise<void>,
): Promise<void> {
  const { configuration, events, tracing } = context;
  const isTold = events.wants("upstreamEvent") || tracing?.isOn;
  const kind = isTold ? kindOf(req) : "other";
  const description = () => ({
    name: `pubsub upstream ${kind}`,
    attributes: { "resilient_pubsub.hub": configuration.hub },
  });
  return inSpan(tracing, description, async (span) => {
    const startedAt = isTold ? performance.now() : 0;
    let code: ErrorCode | undefined;
    try {
      await answer();
    } catch (error) {
      code = codeOfRefusal(error);
      refusals.tell(code, req.get("webhook-request-origin") ?? "");
      throw error;
    } finally {
      if (isTold) {
        const outcome = outcomeOf(code);
        const durationInMs = performance.now() - startedAt;
        events.emit("upstreamEvent", { kind, outcome, code, durationInMs });
        span?.add({ "resilient_pubsub.outcome": outcome });
        if (code !== undefined) span?.fail(code);
      }
    }
  });
}

function outcomeOf(code: ErrorCode | undefined) {
  if (code === undefined) return "answered";
  return FAILURES.includes(code) ? "failed" : "refused";
}

function kindOf(req: Request): UpstreamEventKind {
  if (req.method === "OPTIONS") return "validation";
  const type = req.get("ce-type") ?? "";
  if (isPublishType(type)) return "publish";
  return KINDS.get(type) ?? (type.startsWith("azure.webpubsub.user.") ? "user" : "other");
}
