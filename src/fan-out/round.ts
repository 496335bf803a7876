import type { Deadline } from "../deadline.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { type Call, type CallParts, callEndpoint, type Outcome } from "./call.ts";
import { FanOutError, type FanOutReport, reportOf } from "./report.ts";

/** What the endpoints were when an operation began, and what each of them has answered since. */
export class Round<T> {
  /** Those that may be asked. */
  readonly inUse: readonly RegisteredEndpoint[];
  readonly outcomes = new Map<RegisteredEndpoint, Outcome<T>>();
  readonly #parts: CallParts;
  readonly #all: readonly RegisteredEndpoint[];
  /** Why the others may not; kept, since they may be back before the operation is over. */
  readonly #outOfUse = new Map<RegisteredEndpoint, string>();

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.#all = parts.registry.all();
    const receivers = parts.registry.receivers();
    this.inUse = this.#all.filter((endpoint) => receivers.has(endpoint));
    for (const endpoint of this.#all) {
      if (!receivers.has(endpoint)) this.#outOfUse.set(endpoint, endpoint.reason);
    }
  }

  /** Asks endpoints in parallel, until all of them are done with it. */
  async ask(
    endpoints: readonly RegisteredEndpoint[],
    call: Call<T>,
    deadline: Deadline,
    onOutcome?: (outcome: Outcome<T>) => void,
  ): Promise<void> {
    const asking = endpoints.map((one) => callEndpoint(this.#parts, one, call, deadline));
    if (onOutcome) for (const outcome of asking) void outcome.then(onOutcome);
    for (const [index, outcome] of (await Promise.all(asking)).entries()) {
      const endpoint = endpoints[index];
      if (endpoint) this.outcomes.set(endpoint, outcome);
    }
  }

  report(): FanOutReport {
    return reportOf(this.#all, this.outcomes, this.#outOfUse);
  }

  /** @param operation What it is called in the message. */
  failure(operation: string): FanOutError {
    const outcomes = [...this.outcomes.values()];
    const causes = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
    return new FanOutError(operation, this.report(), causes);
  }
}
