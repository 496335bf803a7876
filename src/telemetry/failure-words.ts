import type { DownReason, FailureRecord } from "../contract/endpoint.ts";
import type { FailureReason } from "../contract/fan-out-report.ts";
import { statusOfReason } from "../service/failure.ts";

/** What an answer of the service, or the want of one, comes to. */
interface Outcome {
  readonly status: number | undefined;
  readonly code: string | undefined;
}

/** What failed last, in a few words. */
export function failureInWords({ operation, status, code }: FailureRecord): string {
  return `${operation} ${outcomeInWords({ status, code })}`;
}

export function outcomeInWords({ status, code }: Outcome): string {
  if (status !== undefined) return `was answered ${status}`;
  const isLate = code === undefined || code === "ERR_DEADLINE_EXCEEDED";
  return isLate ? "was not answered in time" : `failed with ${code}`;
}

const AT_ITS_REGION = "see the health of its region in the Azure portal";

/** What to do about an endpoint that is down, but for refused credentials, which have an event of their own. */
export function remedyFor(reason: DownReason): string {
  switch (reason) {
    case "refused":
      return `look whether the instance exists and whether a firewall or a private endpoint lies on the way; else ${AT_ITS_REGION}`;
    case "timeout":
      return `${AT_ITS_REGION}, and whether the network of this server drops packets to it`;
    case "dns":
      return "look at the DNS of this server, and whether the instance still exists";
    case "tls":
      return "look at its certificate, at the clock of this server, and for a proxy on the way";
    case "failing-calls":
      return `its health check is green all the same, so ask for support with the time of this line; ${AT_ITS_REGION}`;
    case "credentials-rejected":
      return REJECTED;
    default:
      return remedyForHealthStatus(statusOfReason(reason) ?? 0);
  }
}

export const REJECTED =
  "give it a key that it has now, or its identity the role Web PubSub Service Owner";

function remedyForHealthStatus(status: number): string {
  if (status === 401 || status === 403) {
    return "public network access may be disabled, or an access rule denies this server: see Networking in the portal";
  }
  if (status === 404 || (status >= 300 && status < 400)) {
    return "what answers there is no Web PubSub instance: look at the endpoint, and at reverseProxyEndpoint if there is one";
  }
  return status === 429 ? AT_ITS_LIMITS : AT_ITS_REGION;
}

const AT_ITS_LIMITS = "it is at its limits: add units, or send less";

/** What to do about a call that an endpoint in use has not accepted. */
export function remedyForCall(reason: FailureReason, { status, code }: Outcome): string {
  if (status === 429) return AT_ITS_LIMITS;
  if (status === 413) return "the message is too large: send less than 1 MB at once";
  if (status === 401 || status === 403) return REJECTED;
  if (code === "ERR_CREDENTIAL_FAILED") return "look at the identity of this server and its role";
  if (code === "ERR_BUSY") {
    return "this server has no socket free: send less at once, or raise service.maxSocketsPerEndpoint";
  }
  switch (reason) {
    case "refused-message":
      return "it takes others, so look at this message, or at what stands before the endpoint";
    case "local":
      return "this server could not send it: look at its load, its sockets and its memory";
    case "endpoint":
      return `if it goes on, the endpoint is taken out; ${AT_ITS_REGION}`;
  }
}
