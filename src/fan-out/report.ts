import { ResilientPubSubError } from "../errors.ts";

/** What became of one operation on every endpoint. */
export interface FanOutReport {
  /** Names of the endpoints that accepted the operation. */
  readonly delivered: string[];
  /** Endpoints that were asked and refused, failed, or did not answer in time. */
  readonly failed: { readonly endpoint: string; readonly error: unknown }[];
  /** Endpoints that were not asked, and why, such as `refused` or `status(503)`. */
  readonly skipped: { readonly endpoint: string; readonly reason: string }[];
}

/** Thrown (code `ERR_FAN_OUT_FAILED`) when nothing was delivered, or not to all where all were required. */
export class FanOutError extends ResilientPubSubError {
  readonly report: FanOutReport;

  constructor(operation: string, report: FanOutReport) {
    const causes = report.failed.map(({ error }) => error);
    super("ERR_FAN_OUT_FAILED", describe(operation, report), {
      cause: causes.length > 1 ? new AggregateError(causes) : causes[0],
    });
    this.name = "FanOutError";
    this.report = report;
  }
}

function describe(operation: string, { delivered, failed, skipped }: FanOutReport): string {
  const outcomes = [
    ...failed.map(({ endpoint, error }) => `${endpoint} failed (${summaryOf(error)})`),
    ...skipped.map(({ endpoint, reason }) => `${endpoint} was skipped (${reason})`),
  ];
  const reached = delivered.length > 0 ? `reached only ${delivered.join(", ")}` : "reached nobody";
  return `${operation} ${reached}: ${outcomes.join(", ")}`;
}

function summaryOf(error: unknown): string {
  const { name, code, statusCode } = (error ?? {}) as Record<string, unknown>;
  return statusCode ? `status ${statusCode}` : String(code ?? name ?? "unknown error");
}
