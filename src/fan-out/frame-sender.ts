import type { OperationOptions } from "@azure/core-client";
import type { Frame, SendOutcome } from "../context/history-port.ts";
import type { PluginContext } from "../context/plugin-context.ts";
import { readStreamName } from "../context/stream-name.ts";
import { Deadline } from "../kit/deadline.ts";
import { messageRequest } from "../service/message-request.ts";
import { type Call, callEndpoint } from "./call.ts";
import { sendBySdk } from "./message-target.ts";
import { withHeaders } from "./sdk-options.ts";
import { sendOutcomeOf } from "./send-outcome.ts";

/**
 * Sends what no caller waits for, to the clients of a stream on one endpoint. It tells no
 * `deliveryFailed`: it is sent again until it is accepted.
 */
export async function sendFrame(
  context: PluginContext,
  endpointName: string,
  stream: string,
  frame: Frame,
  signal?: AbortSignal,
): Promise<SendOutcome> {
  const { registry, configuration } = context;
  const endpoint = registry.find(endpointName);
  if (endpoint === undefined || !registry.fanOutTargets().has(endpoint)) return "out-of-use";
  if (signal?.aborted) return "unsure";
  const deadline = new Deadline(configuration.fanOut.timeoutInMs, signal);
  const target = readStreamName(stream) ?? { kind: "hub" };
  const options = optionsOf(frame);
  const call: Call<unknown> = {
    make: (client, rest) => sendBySdk(client, target, frame.body, rest),
    message: messageRequest(configuration.hub, target, frame.body, options),
    options,
    endpointTimeoutInMs: configuration.fanOut.endpointTimeoutInMs ?? Number.POSITIVE_INFINITY,
    operation: "outbox",
    tellsAbsence: false,
  };
  try {
    return sendOutcomeOf(await callEndpoint(context, endpoint, call, deadline));
  } finally {
    deadline.end();
  }
}

function optionsOf({ headers, filter, excluded }: Frame): OperationOptions {
  const options: OperationOptions & { filter?: string; excludedConnections?: string[] } = {
    ...(filter !== undefined && { filter }),
    ...(excluded !== undefined && { excludedConnections: [...excluded] }),
  };
  return withHeaders(options, headers);
}
