import { type ClientRequest, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { ProbeOutcome } from "../endpoints/health-state.ts";
import { isOwnStall } from "../kit/deadline.ts";
import { HEALTH_PATH } from "../service/api-version.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { classifyFailure, reasonOfStatus } from "../service/failure.ts";

export interface ProbeOptions {
  /** Deadline of the check, from the call to the status line. */
  timeoutInMs: number;
  /** Ends the check early, with a result that nobody should care about. */
  signal: AbortSignal;
}

/** `inconclusive` when the check failed for a reason of this process: it says nothing about the endpoint. */
export type ProbeResult = ProbeOutcome | "inconclusive";

/**
 * One health check. A check whose deadline passed unnoticed because this process was busy says
 * nothing about the endpoint, so it is repeated. Never rejects.
 */
export async function probe(endpoint: Endpoint, options: ProbeOptions): Promise<ProbeResult> {
  for (;;) {
    const result = await attempt(endpoint, options);
    const isWorthRepeating = result === "stalled" || result === "stale-socket";
    if (!isWorthRepeating) return result;
    if (options.signal.aborted) return "inconclusive";
  }
}

type AttemptResult = ProbeResult | "stalled" | "stale-socket";

function attempt(endpoint: Endpoint, options: ProbeOptions): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const request = send(endpoint, options.signal);
    let isConnected = false;
    request.on("socket", (socket) => {
      const onConnected = (): void => {
        isConnected = true;
      };
      if (!socket.connecting) onConnected();
      else socket.once("connect", onConnected);
    });
    const deadline = setTimeout(() => {
      const wasStalled = isOwnStall(startedAt, options.timeoutInMs);
      // It cannot be out of reach while it answers calls: it is us who have no port left.
      const isOurs = !isConnected && endpoint.answeredAt > startedAt;
      if (wasStalled) settle("stalled");
      else settle(isOurs ? "inconclusive" : { ok: false, reason: "timeout" });
    }, options.timeoutInMs);
    deadline.unref();
    const settle = (result: AttemptResult): void => {
      clearTimeout(deadline);
      request.destroy();
      resolve(result);
    };
    request.on("response", (response) => {
      clearTimeout(deadline);
      // Reading to the end gives the socket back to the agent.
      response.resume();
      resolve(outcomeOf(response.statusCode ?? 0));
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      const wasClosedWhileIdle = request.reusedSocket && error.code === "ECONNRESET";
      const { code, kind, reason } = classifyFailure(error);
      if (wasClosedWhileIdle) settle("stale-socket");
      else if (kind === "own-exhaustion") settle("inconclusive");
      // Whatever else ends a request, it was not answered.
      else settle({ ok: false, reason: reason ?? "refused", code });
    });
  });
}

function send({ restUrl, agent }: Endpoint, signal: AbortSignal): ClientRequest {
  const send = restUrl.startsWith("https:") ? httpsRequest : httpRequest;
  const request = send(restUrl + HEALTH_PATH, { method: "HEAD", agent, signal });
  request.end();
  return request;
}

function outcomeOf(status: number): ProbeOutcome {
  return status === 200 ? { ok: true } : { ok: false, reason: reasonOfStatus(status) };
}
