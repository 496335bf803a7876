import type { FanOutReport } from "../contract/fan-out-report.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { Deadline } from "../kit/deadline.ts";
import { type Call, type CallParts, callEndpoint, type Outcome } from "./call.ts";
import { FanOutError, reportOf } from "./report.ts";

export type OnOutcome<T> = (endpoint: RegisteredEndpoint, outcome: Outcome<T>) => void;

/** What the endpoints were when an operation began, and what each of them has answered since. */
export class Round<T> {
  /** Those that may be asked. */
  readonly inUse: readonly RegisteredEndpoint[];
  readonly outcomes = new Map<RegisteredEndpoint, Outcome<T>>();
  /** The one that it concerns alone, as far as that is known. */
  home: RegisteredEndpoint | undefined;
  readonly #parts: CallParts;
  readonly #onOutcome: OnOutcome<T> | undefined;
  readonly #all: readonly RegisteredEndpoint[];
  /** Why the others may not; kept, since they may be back before the operation is over. */
  readonly #outOfUse = new Map<RegisteredEndpoint, string>();

  /** @param onOutcome Told of each outcome as soon as it is there. */
  constructor(parts: CallParts, onOutcome?: OnOutcome<T>) {
    this.#parts = parts;
    this.#onOutcome = onOutcome;
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
  ): Promise<void> {
    const asking = endpoints.map((one) => callEndpoint(this.#parts, one, call, deadline));
    const onOutcome = this.#onOutcome;
    if (onOutcome) {
      for (const [index, outcome] of asking.entries()) {
        void outcome.then((ended) => onOutcome(endpoints[index] as RegisteredEndpoint, ended));
      }
    }
    for (const [index, outcome] of (await Promise.all(asking)).entries()) {
      this.outcomes.set(endpoints[index] as RegisteredEndpoint, outcome);
    }
  }

  report(): FanOutReport {
    const { home } = this;
    return reportOf(this.#all, this.outcomes, (endpoint) => {
      const isElsewhere = home !== undefined && home !== endpoint;
      const reason = isElsewhere ? undefined : this.#outOfUse.get(endpoint);
      return reason ?? "not-home";
    });
  }

  /** @param operation What it is called in the message. */
  failure(operation: string): FanOutError {
    const outcomes = [...this.outcomes.values()];
    const causes = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
    return new FanOutError(operation, this.report(), causes);
  }
}
