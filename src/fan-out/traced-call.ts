import type { PluginContext } from "../context/plugin-context.ts";
import { inSpan } from "../context/tracing-port.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { Outcome } from "./call.ts";

/** Calls one endpoint within a span of its own. */
export function tracedCall<T>(
  { configuration, tracing }: PluginContext,
  { name, endpoint }: RegisteredEndpoint,
  call: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const description = () => {
    const { hostname, port } = new URL(endpoint.config.url);
    return {
      name: `pubsub call ${name}`,
      kind: "client" as const,
      attributes: {
        "resilient_pubsub.hub": configuration.hub,
        "resilient_pubsub.endpoint": name,
        "server.address": hostname,
        "server.port": port === "" ? undefined : Number(port),
      },
    };
  };
  return inSpan(tracing, description, async (span) => {
    const outcome = await call();
    const { kind, status, attempts } = outcome;
    span?.add({
      "resilient_pubsub.outcome": kind,
      "resilient_pubsub.attempts": attempts,
      "http.response.status_code": status,
    });
    if (kind === "failed") span?.fail(outcome.failure.code ?? String(status ?? outcome.reason));
    return outcome;
  });
}
