/** What is told to everybody, and what to do about it, for whoever watches the emulator. */
const REASONS = {
  unreachable: ["The app server could not be reached.", "Start it, or correct the urlTemplate."],
  connectionLost: [
    "The app server broke off before it had answered.",
    "Look in its log for what has ended it.",
  ],
  timedOut: [
    "The app server did not answer in time.",
    "Let it answer sooner, or raise the timeouts of the option upstream.",
  ],
  tooLarge: ["The app server's answer is too large.", "It may have 16 MiB."],
  malformed: [
    "The app server's answer is not HTTP as it should be.",
    "See whether something else listens there.",
  ],
  invalidHeaders: ["The event has values that HTTP headers cannot carry.", "Leave them out."],
  notAllowed: ["The app server does not allow our events.", "Its validation says what is missing."],
  cancelled: ["The event was taken back.", "Nobody waits for the answer any more."],
  interrupted: ["The service was interrupted.", "A crash ends every call."],
} as const;

/** Why a call of an app server has no answer, in a sentence without addresses and secrets. */
export class CallError extends Error {
  /** The message, and a sentence about what to do. */
  readonly advice: string;

  constructor(reason: keyof typeof REASONS) {
    const [message, remedy] = REASONS[reason];
    super(message);
    this.name = "CallError";
    this.advice = `${message} ${remedy}`;
  }
}

export function callErrorFrom(error: unknown): CallError {
  return error instanceof CallError ? error : new CallError(reasonOf(error));
}

function reasonOf(error: unknown): keyof typeof REASONS {
  const code = String((error as { code?: unknown } | undefined)?.code ?? "");
  if (code.startsWith("HPE_")) return "malformed";
  if (CONNECTION_LOST_CODES.has(code)) return "connectionLost";
  return INVALID_HEADER_CODES.has(code) ? "invalidHeaders" : "unreachable";
}

const CONNECTION_LOST_CODES = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"]);
const INVALID_HEADER_CODES = new Set(["ERR_INVALID_CHAR", "ERR_INVALID_HTTP_TOKEN"]);
