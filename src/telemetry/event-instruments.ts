import type { FanOutReport } from "../contract/fan-out-report.ts";
import type { EventInstrument } from "./instrument.ts";

const seconds = (durationInMs: number): number => durationInMs / 1000;

/** What happens. */
export const EVENT_INSTRUMENTS: readonly EventInstrument[] = [
  {
    name: "resilient_pubsub.negotiate.duration",
    kind: "histogram",
    unit: "s",
    description: "Negotiates, by what they came to.",
    labels: ["endpoint", "outcome", "error.type"],
    from: {
      negotiated: ({ endpoint, outcome, code, durationInMs }) => [
        [seconds(durationInMs), { endpoint, outcome, "error.type": code }],
      ],
    },
  },
  {
    name: "resilient_pubsub.negotiate.claimed_failures",
    kind: "counter",
    unit: "{claim}",
    description: "Endpoints that clients say, by `failed=`, they have failed on.",
    labels: ["endpoint"],
    from: {
      negotiated: ({ claimedFailed }) => claimedFailed.map((endpoint) => [1, { endpoint }]),
    },
  },
  {
    name: "resilient_pubsub.reviews",
    kind: "counter",
    unit: "{review}",
    description: "Questions of connected clients whether to stay; `reason` of those that must not.",
    labels: ["endpoint", "outcome", "reason"],
    from: { reviewed: ({ endpoint, outcome, reason }) => [[1, { endpoint, outcome, reason }]] },
  },
  {
    name: "resilient_pubsub.clients.closed",
    kind: "counter",
    unit: "{client}",
    description: "Clients that this server has closed so that they move, by why.",
    labels: ["endpoint", "reason"],
    from: {
      failbackClosing: ({ from, closed }) => [[closed, { endpoint: from, reason: "failback" }]],
      evacuationClosing: ({ endpoint, closed }) => [[closed, { endpoint, reason: "evacuation" }]],
    },
  },
  {
    name: "resilient_pubsub.operation.duration",
    kind: "histogram",
    unit: "s",
    description: "Operations on all endpoints, such as a broadcast.",
    labels: ["operation", "outcome"],
    from: {
      operation: ({ operation, report, durationInMs }) => [
        [seconds(durationInMs), { operation, outcome: outcomeOf(report) }],
      ],
    },
  },
  {
    name: "resilient_pubsub.fan_out.duration",
    kind: "histogram",
    unit: "s",
    description: "Their calls of single endpoints, retries included.",
    labels: ["endpoint", "operation", "outcome", "error.type"],
    from: {
      operation: ({ operation, report }) =>
        report.outcomes
          .filter(({ attempts }) => attempts > 0)
          .map(({ endpoint, outcome, reason, durationInMs }) => [
            seconds(durationInMs),
            { endpoint, operation, outcome, "error.type": reason },
          ]),
    },
  },
  {
    name: "resilient_pubsub.deliveries.failed",
    kind: "counter",
    unit: "{message}",
    description: "Messages that an endpoint in use did not accept.",
    labels: ["endpoint", "operation", "error.type"],
    from: {
      deliveryFailed: ({ endpoint, operation, reason }) => [
        [1, { endpoint, operation, "error.type": reason }],
      ],
    },
  },
  {
    name: "resilient_pubsub.history.messages",
    kind: "counter",
    unit: "{message}",
    description: "Messages that were sent where a history is kept: logged, bypassed or untracked.",
    labels: ["outcome"],
    from: {
      operation: ({ report: { history } }) => (history ? [[1, { outcome: history }]] : []),
    },
  },
  {
    name: "resilient_pubsub.catch_up.duration",
    kind: "histogram",
    unit: "s",
    description: "Requests of clients for what they have missed.",
    labels: ["outcome", "error.type"],
    from: {
      caughtUp: ({ outcome, code, durationInMs }) => [
        [seconds(durationInMs), { outcome, "error.type": code }],
      ],
    },
  },
  {
    name: "resilient_pubsub.catch_up.messages",
    kind: "counter",
    unit: "{message}",
    description: "Messages that clients were given again (replayed).",
    labels: [],
    from: { caughtUp: ({ messages }) => [[messages, {}]] },
  },
  {
    name: "resilient_pubsub.catch_up.streams",
    kind: "counter",
    unit: "{stream}",
    description: "Streams that clients asked for: recovered, or missed, which is a gap.",
    labels: ["outcome"],
    from: {
      caughtUp: ({ recovered, missed }) => [
        [recovered, { outcome: "recovered" }],
        [missed, { outcome: "missed" }],
      ],
    },
  },
  {
    name: "resilient_pubsub.probe.duration",
    kind: "histogram",
    unit: "s",
    description: "Looks at endpoints: health checks and canaries, and why they failed.",
    labels: ["endpoint", "kind", "outcome", "error.type"],
    from: {
      probe: ({ endpoint, kind, outcome, reason, durationInMs }) => [
        [seconds(durationInMs), { endpoint, kind, outcome, "error.type": reason }],
      ],
    },
  },
  {
    name: "resilient_pubsub.endpoint.outages",
    kind: "counter",
    unit: "{outage}",
    description: "How often the endpoint became unhealthy; `failing-calls` is an ejection.",
    labels: ["endpoint", "reason"],
    from: { endpointDown: ({ endpoint, reason }) => [[1, { endpoint, reason }]] },
  },
  {
    name: "resilient_pubsub.failovers",
    kind: "counter",
    unit: "{failover}",
    description: "How often clients were sent to another endpoint from then on.",
    labels: ["from", "to", "reason"],
    from: { failover: ({ from, to, reason }) => [[1, { from, to, reason }]] },
  },
  {
    name: "resilient_pubsub.failbacks",
    kind: "counter",
    unit: "{failback}",
    description: "How often clients were sent to their preferred endpoint again.",
    labels: ["from", "to"],
    from: { failback: ({ from, to }) => [[1, { from, to }]] },
  },
  {
    name: "resilient_pubsub.agreement.changes",
    kind: "counter",
    unit: "{agreement}",
    description: "Client-client: agreements that this server has followed.",
    labels: ["active", "reason"],
    from: { agreementChanged: ({ active, reason }) => [[1, { active, reason }]] },
  },
  {
    name: "resilient_pubsub.store.call.duration",
    kind: "histogram",
    unit: "s",
    description: "Calls of the stores of the agreement and of the history.",
    labels: ["store", "call", "outcome"],
    from: {
      storeCall: ({ store, call, ok, durationInMs }) => [
        [seconds(durationInMs), { store, call, outcome: ok ? "answered" : "failed" }],
      ],
    },
  },
  {
    name: "resilient_pubsub.upstream.duration",
    kind: "histogram",
    unit: "s",
    description: "Requests of the upstream route, handlers included; refused ones by their codes.",
    labels: ["kind", "outcome", "error.type"],
    from: {
      upstreamEvent: ({ kind, outcome, code, durationInMs }) => [
        [seconds(durationInMs), { kind, outcome, "error.type": code }],
      ],
    },
  },
  {
    name: "resilient_pubsub.credentials.rejected",
    kind: "counter",
    unit: "{rejection}",
    description: "How often an endpoint began to refuse the credentials.",
    labels: ["endpoint"],
    from: { credentialsRejected: ({ endpoint }) => [[1, { endpoint }]] },
  },
  {
    name: "resilient_pubsub.tokens.failed",
    kind: "counter",
    unit: "{token}",
    description: "Client tokens that an endpoint did not give.",
    labels: ["endpoint", "error.type"],
    from: { tokenFailed: ({ endpoint, reason }) => [[1, { endpoint, "error.type": reason }]] },
  },
  {
    name: "resilient_pubsub.handler.errors",
    kind: "counter",
    unit: "{error}",
    description: "Errors of the application's own code, by what has failed.",
    labels: ["handler"],
    from: { handlerError: ({ handler }) => [[1, { handler }]] },
  },
];

/** `partial`: some endpoints did not accept it. */
function outcomeOf({ delivered, failed }: FanOutReport): string {
  if (failed.length === 0) return "delivered";
  return delivered.length > 0 ? "partial" : "failed";
}
