const messages = {
  unreachable: "The app server could not be reached.",
  brokenOff: "The app server broke off before it had answered.",
  timedOut: "The app server did not answer in time.",
  tooLarge: "The app server's answer is too large.",
  malformed: "The app server's answer is not HTTP as it should be.",
  unspeakable: "The event has values that HTTP headers cannot carry.",
  takenBack: "The event was taken back.",
  interrupted: "The service was interrupted.",
} as const;

/** Why a call of an app server has no answer, in a sentence without addresses and secrets. */
export class CallError extends Error {
  constructor(reason: keyof typeof messages) {
    super(messages[reason]);
    this.name = "CallError";
  }
}

export function callErrorFrom(error: unknown): CallError {
  return error instanceof CallError ? error : new CallError(reasonOf(error));
}

function reasonOf(error: unknown): keyof typeof messages {
  const code = String((error as { code?: unknown } | undefined)?.code ?? "");
  if (code.startsWith("HPE_")) return "malformed";
  if (brokenOff.has(code)) return "brokenOff";
  return unspeakable.has(code) ? "unspeakable" : "unreachable";
}

const brokenOff = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"]);
const unspeakable = new Set(["ERR_INVALID_CHAR", "ERR_INVALID_HTTP_TOKEN"]);
