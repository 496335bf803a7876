import type { OperatorOrder } from "../contract/environment.ts";
import type { Failback, FaultName, Topology } from "../contract/live.ts";
import type { EventDescription } from "./event-recorder.ts";

const FAULTS: Readonly<Record<FaultName, string>> = {
  crash: "crashes: its sockets are destroyed, its port refuses",
  blackhole: "falls silent: it accepts TCP and answers nothing",
  slow: "is slow: every answer takes 3 s longer",
  throttle: "throttles: requests and new clients are answered 429",
  "access-denied": "denies access: requests and new clients are answered 403",
  gray: "is gray: its health checks succeed, its calls fail",
  "key-rotated": "has another key: what the old one signs is refused",
};

const ORDERS: Readonly<Record<OperatorOrder, string>> = {
  drain: "drains",
  undrain: "gives back",
  evacuate: "evacuates",
  force: "prefers",
  unforce: "no longer prefers",
};

const TOPOLOGIES: Readonly<Record<Topology, string>> = {
  "client-server": "Client-server: each app server chooses for its own clients",
  "client-client": "Client-client: all app servers agree on one endpoint",
};

const FAILBACKS: Readonly<Record<Failback, string>> = {
  natural: "Natural failback: clients come home when they reconnect",
  paced: "Paced failback: clients are called home, so many a second",
};

export function faultEvent(endpoint: string, fault: FaultName | null): EventDescription {
  return fault === null
    ? { kind: "healed", tone: "good", endpoint, text: `${endpoint} is healed` }
    : { kind: "fault", tone: "bad", endpoint, text: `${endpoint} ${FAULTS[fault]}` };
}

/** What has been done to it, in a few words. */
export function incidentText({ text }: EventDescription): string {
  return text.split(":")[0] ?? text;
}

export function operatorEvent(endpoint: string, order: OperatorOrder): EventDescription {
  return { kind: "operator", endpoint, text: `The operator ${ORDERS[order]} ${endpoint}` };
}

export function topologyEvent(topology: Topology): EventDescription {
  return { kind: "operator", text: TOPOLOGIES[topology] };
}

export function failbackEvent(failback: Failback): EventDescription {
  return { kind: "operator", text: FAILBACKS[failback] };
}

export function serverEvent(server: string, order: "stop" | "start"): EventDescription {
  return order === "stop"
    ? { kind: "serverStopped", tone: "bad", server, text: `The app server in ${server} is stopped` }
    : { kind: "serverStarted", tone: "good", server, text: `The app server in ${server} is back` };
}
