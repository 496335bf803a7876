import type { PluginContext } from "../context/plugin-context.ts";
import type { FanOutReport, HistoryOutcome } from "../contract/fan-out-report.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { Deadline } from "../kit/deadline.ts";
import { type Call, callEndpoint, type Outcome } from "./call.ts";
import { FanOutError, reportOf } from "./report.ts";
import { tracedCall } from "./traced-call.ts";

export type OnOutcome<T> = (endpoint: RegisteredEndpoint, outcome: Outcome<T>) => void;

/** What the endpoints were when an operation began, and what each of them has answered since. */
export class Round<T> {
  /** Those that may be asked. */
  readonly inUse: readonly RegisteredEndpoint[];
  readonly outcomes = new Map<RegisteredEndpoint, Outcome<T>>();
  /** The one that it concerns alone, as far as that is known. */
  location: RegisteredEndpoint | undefined;
  readonly #context: PluginContext;
  readonly #onOutcome: OnOutcome<T> | undefined;
  /** Of a message, where what is sent is kept. */
  history: HistoryOutcome | undefined;
  readonly all: readonly RegisteredEndpoint[];
  /** Why the others may not; kept, since they may be back before the operation is over. */
  readonly #outOfUse = new Map<RegisteredEndpoint, string>();

  /** @param onOutcome Told of each outcome as soon as it is there. */
  constructor(context: PluginContext, onOutcome?: OnOutcome<T>) {
    this.#context = context;
    this.#onOutcome = onOutcome;
    this.all = context.registry.all();
    const targets = context.registry.fanOutTargets();
    this.inUse = this.all.filter((endpoint) => targets.has(endpoint));
    for (const endpoint of this.all) {
      if (!targets.has(endpoint)) this.#outOfUse.set(endpoint, endpoint.reason);
    }
  }

  /** Asks endpoints in parallel, until all of them are done with it. */
  async ask(
    endpoints: readonly RegisteredEndpoint[],
    call: Call<T>,
    deadline: Deadline,
  ): Promise<void> {
    const context = this.#context;
    const asking = context.tracing?.isOn
      ? endpoints.map((one) =>
          tracedCall(context, one, () => callEndpoint(context, one, call, deadline)),
        )
      : endpoints.map((one) => callEndpoint(context, one, call, deadline));
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
    const { location } = this;
    const reasonOf = (endpoint: RegisteredEndpoint): string => {
      const isElsewhere = location !== undefined && location !== endpoint;
      const reason = isElsewhere ? undefined : this.#outOfUse.get(endpoint);
      return reason ?? "other-endpoint";
    };
    return reportOf(this.all, this.outcomes, reasonOf, this.history);
  }

  /** @param operation What it is called in the message. */
  failure(operation: string): FanOutError {
    const outcomes = [...this.outcomes.values()];
    const causes = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
    return new FanOutError(operation, this.report(), causes);
  }
}
