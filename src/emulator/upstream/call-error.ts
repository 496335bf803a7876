const MESSAGES = {
  unreachable: "The app server could not be reached.",
  connectionLost: "The app server broke off before it had answered.",
  timedOut: "The app server did not answer in time.",
  tooLarge: "The app server's answer is too large.",
  malformed: "The app server's answer is not HTTP as it should be.",
  invalidHeaders: "The event has values that HTTP headers cannot carry.",
  cancelled: "The event was taken back.",
  interrupted: "The service was interrupted.",
} as const;

/** Why a call of an app server has no answer, in a sentence without addresses and secrets. */
export class CallError extends Error {
  constructor(reason: keyof typeof MESSAGES) {
    super(MESSAGES[reason]);
    this.name = "CallError";
  }
}

export function callErrorFrom(error: unknown): CallError {
  return error instanceof CallError ? error : new CallError(reasonOf(error));
}

function reasonOf(error: unknown): keyof typeof MESSAGES {
  const code = String((error as { code?: unknown } | undefined)?.code ?? "");
  if (code.startsWith("HPE_")) return "malformed";
  if (CONNECTION_LOST_CODES.has(code)) return "connectionLost";
  return INVALID_HEADER_CODES.has(code) ? "invalidHeaders" : "unreachable";
}

const CONNECTION_LOST_CODES = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"]);
const INVALID_HEADER_CODES = new Set(["ERR_INVALID_CHAR", "ERR_INVALID_HTTP_TOKEN"]);
