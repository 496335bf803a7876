import { withOneLoopbackName } from "../../kit/loopback.ts";
import { safeText } from "../../kit/safe-text.ts";
import { isSuccess } from "./answers.ts";
import type { Answer } from "./transport.ts";

/** What an app server has said when it was asked whether it takes events from an origin. */
export interface Agreement {
  /** Undefined when it has not answered. */
  readonly status: number | undefined;
  /** The first 20, as they were spelled. */
  readonly allowedOrigins: readonly string[];
  /** What is missing, and how it gets there; undefined when the app server agrees. */
  readonly problem: string | undefined;
}

const HEADER = "WebHook-Allowed-Origin";
const maxOriginsTold = 20;
const maxOriginLength = 100;

// Several origins may come in one header or in several.
export function readAgreement({ status, headersDistinct }: Answer, origin: string): Agreement {
  const values = headersDistinct[HEADER.toLowerCase()] ?? [];
  const allowed = values.flatMap((value) => value.split(",")).map((one) => one.trim());
  return {
    status,
    allowedOrigins: allowed
      .filter((one) => one !== "")
      .slice(0, maxOriginsTold)
      .map((one) => safeText(one, maxOriginLength)),
    problem: problemOf(status, allowed, origin),
  };
}

function problemOf(status: number, allowed: readonly string[], origin: string): string | undefined {
  if (status === 404) {
    return `Nobody answers at this URL: correct the urlTemplate, or answer OPTIONS with ${HEADER}: ${origin}.`;
  }
  if (status === 401 || status === 403) {
    return `The app server refuses ${origin}: ${ADMIT}, and let no login stand before the path.`;
  }
  if (!isSuccess(status)) {
    return `The status 200 is missing: answer OPTIONS with it, and with ${HEADER}: ${origin}.`;
  }
  if (allowed.every((one) => one === "")) {
    return `The header ${HEADER} is missing: answer OPTIONS with ${HEADER}: ${origin}, or *.`;
  }
  const comparable = (host: string): string => withOneLoopbackName(host.toLowerCase());
  const isAdmitted = allowed.some((one) => one === "*" || comparable(one) === comparable(origin));
  return isAdmitted ? undefined : `${origin} is missing in ${HEADER}: ${ADMIT}.`;
}

const ADMIT =
  "name this endpoint in allowedEndpoints of WebPubSubEventHandler, or among those of resilientPubSub";
