import { ResilientPubSubError } from "../kit/errors.ts";
import type { Outcome } from "./call.ts";

/** What became of one operation on every endpoint, in the order of configuration. */
export interface FanOutReport {
  /** Names of the endpoints that accepted the operation. */
  readonly delivered: string[];
  /** Endpoints that were asked and refused, failed, or did not answer in time. */
  readonly failed: { readonly endpoint: string; readonly error: unknown }[];
  /**
   * Endpoints that had no part in it, and why: out of use, such as `refused` or `status(503)`;
   * `not-home`, since the connection is known to be on another one; or `not-found`, since they have
   * answered that they do not have the connection or user.
   */
  readonly skipped: { readonly endpoint: string; readonly reason: string }[];
  /** The same in figures, one for each endpoint; not printed and not in the JSON of a report. */
  readonly outcomes: EndpointOutcome[];
}

/** What became of an operation on one endpoint. */
export interface EndpointOutcome {
  readonly endpoint: string;
  readonly outcome: "delivered" | "failed" | "skipped";
  /** HTTP status of its last answer, if there was one. */
  readonly status: number | undefined;
  /** How often it was asked; 0 when it was not. */
  readonly attempts: number;
  /** From the first attempt to the end of the last, with the pauses between them. */
  readonly durationInMs: number;
}

interface Named {
  readonly name: string;
}

/** @param reasonOf Why one was not asked. */
export function reportOf<E extends Named>(
  all: readonly E[],
  outcomes: ReadonlyMap<E, Outcome<unknown>>,
  reasonOf: (one: E) => string,
): FanOutReport {
  const report = new Report(() => all.map((one) => figuresOf(one.name, outcomes.get(one))));
  for (const one of all) {
    const endpoint = one.name;
    const outcome = outcomes.get(one);
    if (outcome === undefined) {
      report.skipped.push({ endpoint, reason: reasonOf(one) });
    } else if (outcome.kind === "answered") report.delivered.push(endpoint);
    else if (outcome.kind === "failed") report.failed.push({ endpoint, error: outcome.error });
    else report.skipped.push({ endpoint, reason: "not-found" });
  }
  return report;
}

/** Prints, and becomes JSON, without the figures, which are made only for those who look at them. */
class Report implements FanOutReport {
  readonly delivered: string[] = [];
  readonly failed: { endpoint: string; error: unknown }[] = [];
  readonly skipped: { endpoint: string; reason: string }[] = [];
  readonly #figures: () => EndpointOutcome[];

  constructor(figures: () => EndpointOutcome[]) {
    this.#figures = figures;
  }

  get outcomes(): EndpointOutcome[] {
    return this.#figures();
  }
}

function figuresOf(endpoint: string, outcome: Outcome<unknown> | undefined): EndpointOutcome {
  if (outcome === undefined) {
    return { endpoint, outcome: "skipped", status: undefined, attempts: 0, durationInMs: 0 };
  }
  const { kind, status, attempts, durationInMs } = outcome;
  return { endpoint, outcome: outcomeNames[kind], status, attempts, durationInMs };
}

const outcomeNames = { answered: "delivered", failed: "failed", absent: "skipped" } as const;

/** Whether every endpoint accepted that could have to do with it. */
export const isDeliveredToAll = ({ failed, skipped }: FanOutReport): boolean =>
  failed.length === 0 &&
  skipped.every(({ reason }) => reason === "not-home" || reason === "not-found");

/** Thrown (code `ERR_FAN_OUT_FAILED`) when nothing was delivered, not to all where all were required, or the answer is not known. */
export class FanOutError extends ResilientPubSubError {
  readonly report: FanOutReport;

  /** @param causes What the endpoints answered, or how they failed. */
  constructor(
    operation: string,
    report: FanOutReport,
    causes: readonly unknown[] = report.failed.map(({ error }) => error),
  ) {
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
