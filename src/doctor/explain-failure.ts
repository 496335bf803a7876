import { KeyObject } from "node:crypto";
import type { Endpoint } from "../service/endpoint.ts";
import { classifyFailure, type Failure, statusOfReason } from "../service/failure.ts";

/** What a failure of a call comes to, in words. */
export interface Explanation {
  readonly what: string;
  readonly remedy: string;
}

/** @param error What a call of the endpoint was rejected with. */
export function explainFailure(error: unknown, { config }: Pick<Endpoint, "config">): Explanation {
  const failure = classifyFailure(error);
  const hasKey = config.credential instanceof KeyObject;
  if (failure.kind === "answer") return explainAnswer(failure, hasKey);
  const [what, usual] = OTHERS[failure.kind];
  const remedy = remedyOf(failure) ?? usual;
  // A call waits for its token first.
  const mayWaitForToken = failure.kind === "deadline" && !hasKey;
  return {
    what: `${what} (${failure.label})`,
    remedy: mayWaitForToken ? `${LOOK_AT_IDENTITY}; else ${remedy}` : remedy,
  };
}

function explainAnswer({ status = 0, label, clockSkewInMs }: Failure, hasKey: boolean) {
  const what = `was answered ${label}`;
  if (status === 401 && clockSkewInMs !== undefined) return { what, remedy: SET_CLOCK };
  if (status === 401) return { what, remedy: hasKey ? RENEW_KEY : GIVE_ROLE };
  if (status === 403)
    return { what, remedy: hasKey ? OPEN_NETWORK : `${GIVE_ROLE}; or ${OPEN_NETWORK}` };
  if (status === 404 || status < 400) return { what, remedy: LOOK_WHERE_IT_LEADS };
  if (status === 429) return { what, remedy: SCALE_UP };
  if (status >= 500) return { what, remedy: LOOK_AT_REGION };
  return { what, remedy: LOOK_WHERE_IT_LEADS };
}

export const SET_CLOCK = "set the clock of this server, as by NTP: tokens are valid for a time";
const RENEW_KEY =
  "the access key is not one of this instance: copy the connection string anew (Settings, Keys), and deploy it; look whether local authentication is disabled there";
const GIVE_ROLE = "give the identity the role Web PubSub Service Owner on this instance";
const LOOK_AT_IDENTITY = "look whether the identity gives this server a token in time";
const OPEN_NETWORK =
  "let this server in: public network access, access control rules and private endpoints of the instance (Settings, Networking)";
const LOOK_WHERE_IT_LEADS =
  "something else answers there: look at what the endpoint, or its reverseProxyEndpoint, leads to";
const SCALE_UP =
  "the instance is at the limit of its units, or of its tier: add units (Settings, Scale), or send less at once";
const LOOK_AT_REGION =
  "the service fails calls there, whatever its health says: look at Azure's service health for the region; clients are sent to the next endpoint meanwhile";

/** By why an endpoint is down. */
export const REASONS = {
  dns: "check the name in the connection string; look whether this server can resolve it (DNS, private DNS zone of a private endpoint)",
  tls: "the certificate is not one that this server trusts: look at what stands in between (proxy, custom domain), or give its CA by NODE_EXTRA_CA_CERTS",
  refused:
    "nobody takes connections there: look whether the instance runs, and whether this server may reach it (firewall, private endpoint)",
  timeout:
    "look at the network to the region, and at Azure's service health for it; a longer health.timeoutInMs tells slow from dead",
} as const;

const OTHERS = {
  credential: [
    "there was no token for the identity",
    "check that the identity exists and that this server can use it (managed identity, environment of DefaultAzureCredential)",
  ],
  network: ["the connection was not made, or was lost", REASONS.refused],
  deadline: ["was not answered in time", REASONS.timeout],
  "own-stall": [
    "was not answered in time, while this process was busy",
    "try again on a machine that has less to do",
  ],
  "own-exhaustion": [
    "this process is out of sockets, ports, memory or file descriptors",
    "free some, or raise the limits of the process",
  ],
  other: ["failed here", "this is not foreseen: report it, with the versions above"],
} as const satisfies Record<Exclude<Failure["kind"], "answer">, readonly [string, string]>;

function remedyOf({ reason }: Failure): string | undefined {
  return reason && REASONS[reason as keyof typeof REASONS];
}

/** The remedy for an endpoint whose health check fails like this. */
export function remedyOfDownReason(reason: string): string {
  const status = statusOfReason(reason);
  if (status === undefined) return REASONS[reason as keyof typeof REASONS] ?? REASONS.refused;
  if (status === 403) return OPEN_NETWORK;
  if (status === 429) return SCALE_UP;
  return status >= 500 && status < 600 ? LOOK_AT_REGION : LOOK_WHERE_IT_LEADS;
}

/** What a check itself has failed with, which nobody foresaw. Texts of such errors are not repeated. */
export function explainUnforeseen(error: unknown): Explanation {
  const { label } = classifyFailure(error);
  return { what: `the check could not be made (${label})`, remedy: OTHERS.other[1] };
}
