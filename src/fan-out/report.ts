import type { FanOutErrorJson } from "../contract/error-json.ts";
import type { EndpointOutcome, FanOutReport, HistoryOutcome } from "../contract/fan-out-report.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { describeError } from "../service/describe-error.ts";
import { classifyFailure } from "../service/failure.ts";
import type { Outcome } from "./call.ts";

interface Named {
  readonly name: string;
}

/**
 * @param reasonOf Why one was not asked.
 * @param history Of a message, where what is sent is kept.
 */
export function reportOf<E extends Named>(
  all: readonly E[],
  outcomes: ReadonlyMap<E, Outcome<unknown>>,
  reasonOf: (one: E) => string,
  history?: HistoryOutcome,
): FanOutReport {
  const report = new Report(() => all.map((one) => figuresOf(one.name, outcomes.get(one))));
  if (history !== undefined) report.history = history;
  for (const one of all) {
    const endpoint = one.name;
    const outcome = outcomes.get(one);
    if (outcome === undefined) {
      report.skipped.push({ endpoint, reason: reasonOf(one) });
    } else if (outcome.kind === "answered") report.delivered.push(endpoint);
    else if (outcome.kind === "failed") {
      const { reason, status, error } = outcome;
      report.failed.push({ endpoint, reason, status, error });
    } else report.skipped.push({ endpoint, reason: "not-found" });
  }
  return report;
}

/**
 * Prints, and becomes JSON, without the figures, which are made only for those who look at them.
 */
class Report implements FanOutReport {
  declare history?: HistoryOutcome;
  readonly delivered: string[] = [];
  readonly failed: FanOutReport["failed"] = [];
  readonly skipped: { endpoint: string; reason: string }[] = [];
  readonly #figures: () => EndpointOutcome[];

  constructor(figures: () => EndpointOutcome[]) {
    this.#figures = figures;
  }

  get outcomes(): EndpointOutcome[] {
    return this.#figures();
  }

  /** What may be sent to anybody: of an error its code, its status and one line. */
  toJSON() {
    const { delivered, failed, skipped, history } = this;
    return {
      ...(history !== undefined && { history }),
      delivered,
      failed: failed.map(({ error, ...known }) => ({ ...known, ...describeError(error) })),
      skipped,
    };
  }
}

function figuresOf(endpoint: string, outcome: Outcome<unknown> | undefined): EndpointOutcome {
  if (outcome === undefined) {
    return { ...NOT_ASKED, endpoint };
  }
  const { kind, status, attempts, durationInMs } = outcome;
  const reason = kind === "failed" ? outcome.reason : undefined;
  return { endpoint, outcome: OUTCOME_NAMES[kind], reason, status, attempts, durationInMs };
}

const NOT_ASKED = {
  outcome: "skipped",
  reason: undefined,
  status: undefined,
  attempts: 0,
  durationInMs: 0,
} as const;

const OUTCOME_NAMES = { answered: "delivered", failed: "failed", absent: "skipped" } as const;

/** Whether every endpoint accepted that could have to do with it. */
export const isDeliveredToAll = ({ failed, skipped }: FanOutReport): boolean =>
  failed.length === 0 &&
  skipped.every(({ reason }) => reason === "other-endpoint" || reason === "not-found");

/**
 * Thrown, code `ERR_FAN_OUT_FAILED`, when nothing was delivered, not to all where all were
 * required, or the answer is not known. Its `cause` is the error of the endpoint, or an
 * `AggregateError` of several.
 *
 * @example
 * ```ts
 * try {
 *   await pubsub.broadcast({ text: "hi" }, { require: "all" });
 * } catch (error) {
 *   if (!(error instanceof FanOutError)) throw error;
 *   const { delivered, failed, skipped } = error.report;
 *   console.error(`reached ${delivered.join(", ")} only`, failed, skipped);
 * }
 * ```
 */
export class FanOutError extends ResilientPubSubError {
  /** What became of it on every endpoint. */
  readonly report: FanOutReport;

  /**
   * @param operation What was asked for, as the message calls it.
   * @param report What became of it.
   * @param causes What the endpoints answered, or how they failed.
   */
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

  /** The same with the report. */
  override toJSON(): FanOutErrorJson {
    return { ...super.toJSON(), report: this.report };
  }
}

function describe(operation: string, { delivered, failed, skipped }: FanOutReport): string {
  const outcomes = [
    ...failed.map(({ endpoint, error }) => `${endpoint} failed (${classifyFailure(error).label})`),
    ...skipped.map(({ endpoint, reason }) => `${endpoint} was skipped (${reason})`),
  ];
  const reached = delivered.length > 0 ? `reached only ${delivered.join(", ")}` : "reached nobody";
  return `${operation} ${reached}: ${outcomes.join(", ")}`;
}
