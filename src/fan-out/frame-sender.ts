import type { OperationOptions } from "@azure/core-client";
import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Frame, SendOutcome } from "../context/history-port.ts";
import type { PluginContext } from "../context/plugin-context.ts";
import { readStreamName } from "../context/stream-name.ts";
import { Deadline } from "../kit/deadline.ts";
import { type Call, callEndpoint } from "./call.ts";
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
  const call: Call<unknown> = {
    make: (client, options) => send(client, stream, frame, options),
    options: optionsOf(frame),
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

function send(
  client: WebPubSubServiceClient,
  stream: string,
  { body }: Frame,
  options: OperationOptions,
): Promise<unknown> {
  const subject = readStreamName(stream);
  if (subject?.kind === "group") return client.group(subject.group).sendToAll(body, options);
  if (subject?.kind === "user") return client.sendToUser(subject.userId, body, options);
  return client.sendToAll(body, options);
}
