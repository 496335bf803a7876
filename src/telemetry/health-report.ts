import type { EndpointSnapshot, FailureRecord } from "../contract/endpoint.ts";
import type { PubSubStatus } from "../contract/status.ts";
import { failureInWords } from "./failure-words.ts";

/** As health tools read it: `application/health+json`, draft-inadarei-api-health-check. */
export interface HealthReport {
  readonly status: Verdict;
  readonly output?: string | undefined;
  readonly description?: string;
  readonly checks?: Readonly<Record<string, readonly Check[]>>;
}

type Verdict = "pass" | "warn" | "fail";

interface Check {
  readonly componentId?: string;
  readonly componentType: string;
  readonly status: Verdict;
  readonly observedValue?: unknown;
  readonly observedUnit?: string;
  readonly time?: string;
  readonly output?: string;
}

export const ALIVE: HealthReport = { status: "pass" };

/** What anybody may know: whether this server should be sent clients. */
export function summaryOf(status: PubSubStatus): HealthReport {
  const verdict = verdictOf(status);
  return verdict === "fail" ? { status: verdict, output: status.state } : { status: verdict };
}

/** The same, and why. */
export function reportOf(status: PubSubStatus): HealthReport {
  const { agreement, endpoints, history, hub, operationsUnderWay } = status;
  const checks: Record<string, readonly Check[]> = {
    "endpoint:health": endpoints.map(checkOf),
    "endpoint:clients": endpoints.flatMap(({ name, clients }) =>
      clients === undefined ? [] : [figure(name, clients, "clients")],
    ),
    "endpoint:socketsBusy": endpoints.map(({ name, sockets }) =>
      figure(name, sockets.busy, "sockets"),
    ),
    "endpoint:callsWaiting": endpoints.map(({ name, sockets }) =>
      figure(name, sockets.waiting, "calls"),
    ),
    "endpoint:lastFailure": endpoints.flatMap(({ name, lastFailure }) =>
      lastFailure ? [failureCheck(name, lastFailure)] : [],
    ),
    "operation:underWay": [figure(undefined, operationsUnderWay, "operations")],
    ...(history && {
      "history:kept": [store(history.isKept)],
      "history:outbox": [figure(undefined, history.outbox.underWay, "messages")],
    }),
    ...(agreement && {
      "agreement:store": [store(agreement.isStoreReachable)],
      "agreement:active": [
        {
          componentType: "component",
          status: agreement.active === undefined ? "fail" : "pass",
          observedValue: agreement.active ?? "none",
        },
      ],
    }),
  };
  return {
    ...summaryOf(status),
    output: outputOf(status),
    description: `express-resilient-pubsub, hub ${JSON.stringify(hub)}`,
    checks,
  };
}

/** `warn` is for what the plugin works around: whoever sends it no clients for that makes it worse. */
function verdictOf({ agreement, endpoints, history, state }: PubSubStatus): Verdict {
  if (state !== "ready") return "fail";
  const isWell =
    endpoints.every((endpoint) => endpoint.state === "healthy") &&
    history?.isKept !== false &&
    agreement?.isStoreReachable !== false;
  return isWell ? "pass" : "warn";
}

function outputOf({ serving, state }: PubSubStatus): string {
  return serving.length === 0 ? state : `${state}: clients are sent to ${serving.join(", ")}`;
}

function checkOf(endpoint: EndpointSnapshot): Check {
  const { drained, forced, full, lastProbe, name, reason, serving, since, state } = endpoint;
  const words = [
    reason ?? (lastProbe ? undefined : "not looked at yet"),
    serving && "serves",
    drained && "drained",
    forced && "forced",
    full && "full",
  ].filter((word) => typeof word === "string");
  return {
    componentId: name,
    componentType: "component",
    status: state === "healthy" ? "pass" : state === "unknown" ? "warn" : "fail",
    observedValue: state,
    time: new Date(since).toISOString(),
    ...(words.length > 0 && { output: words.join(", ") }),
  };
}

function failureCheck(componentId: string, failure: FailureRecord): Check {
  return {
    componentId,
    componentType: "component",
    status: "warn",
    time: new Date(failure.at).toISOString(),
    output: failureInWords(failure),
  };
}

const figure = (id: string | undefined, observedValue: number, observedUnit: string): Check => ({
  ...(id !== undefined && { componentId: id }),
  componentType: "component",
  status: "pass",
  observedValue,
  observedUnit,
});

const store = (isReachable: boolean): Check => ({
  componentType: "datastore",
  status: isReachable ? "pass" : "warn",
  observedValue: isReachable ? "reachable" : "away",
});
