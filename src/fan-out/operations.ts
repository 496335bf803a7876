import type { PluginContext } from "../context/plugin-context.ts";
import type { CallOptions } from "../contract/call-options.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { Deadline, reasonOf, waitAtMost } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { UnderWay } from "../kit/under-way.ts";
import type { EncodedBody } from "../service/encoded-body.ts";
import { checkOptions, checkSubject } from "./arguments.ts";
import { type OperationName, SEMANTICS } from "./semantics.ts";

/** What is wanted of the endpoints. */
export interface Operation<Options extends CallOptions = CallOptions> {
  readonly name: OperationName;
  /** What it is called in messages. Default its name. */
  readonly alias?: string | undefined;
  /** The connection, user or group that it is about, if it is about one. */
  readonly subject?: string;
  readonly options: Options | undefined;
  /** Of a message. */
  readonly body?: EncodedBody;
}

/** Which operations are taken, when they begin, how long they have; and which are under way. */
export class Operations {
  /** Those that `close` waits for. */
  readonly underWay = new UnderWay();
  readonly #context: PluginContext;
  #isClosed = false;

  constructor(context: PluginContext) {
    this.#context = context;
  }

  /** Refuses further operations; those under way go on. */
  refuse(): void {
    this.#isClosed = true;
  }

  /**
   * Does something that `close` waits for.
   *
   * @throws ResilientPubSubError `ERR_CLOSED`
   */
  async track<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      throw new ResilientPubSubError("ERR_CLOSED", "The plugin is closed; nothing was sent");
    }
    this.underWay.begin();
    try {
      return await task();
    } finally {
      this.underWay.end();
    }
  }

  /** Has `close` wait for what an operation leaves to be done, though nobody else does. */
  follow(task: Promise<unknown>): void {
    this.underWay.begin();
    const end = (): void => this.underWay.end();
    task.then(end, end);
  }

  /**
   * Does what an operation wants within its deadline.
   *
   * @throws ResilientPubSubError `ERR_CLOSED`, InvalidArgumentError, or the reason of a signal that
   *   has ended already
   */
  run<T>(
    { name, subject, options = {} }: Operation,
    task: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    return this.track(async () => {
      checkSubject(SEMANTICS[name].about, subject);
      checkOptions(name, options);
      if (options.abortSignal?.aborted) throw reasonOf(options.abortSignal);
      const { configuration, monitor, registry } = this.#context;
      const unknown = registry.all().filter(({ health }) => health.status === "unknown");
      if (unknown.length > 0) await this.#firstVerdicts(unknown);
      monitor.lookForRecovery();
      const timeoutInMs = options.timeoutInMs ?? configuration.fanOut.timeoutInMs;
      const deadline = new Deadline(timeoutInMs, options.abortSignal);
      try {
        return await task(deadline);
      } finally {
        deadline.end();
      }
    });
  }

  /** A message sent at start would else find endpoints that nobody has looked at yet. */
  async #firstVerdicts(unknown: readonly RegisteredEndpoint[]): Promise<void> {
    const { monitor, configuration } = this.#context;
    if (monitor.opening) await monitor.opening;
    const verdicts = Promise.all(unknown.map((endpoint) => monitor.check(endpoint)));
    await waitAtMost(configuration.health.onDemandBudgetInMs, verdicts);
  }
}
