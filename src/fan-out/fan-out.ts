import type { OperationOptions } from "@azure/core-client";
import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { PluginContext } from "../context/plugin-context.ts";
import type { CallOptions, CommandOptions } from "../contract/call-options.ts";
import type { FanOutReport } from "../contract/fan-out-report.ts";
import type { ListedConnection, ListOptions } from "../contract/listing.ts";
import type { ContentType, Message } from "../contract/message.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { Deadline, reasonOf, waitAtMost } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { EncodedBody } from "../service/encoded-body.ts";
import { classifyFailure } from "../service/failure.ts";
import { checkOptions, checkSubject } from "./arguments.ts";
import { type Call, callEndpoint, type Outcome } from "./call.ts";
import { confirmClaim } from "./confirm-claim.ts";
import { giveUpWhatIsOut } from "./give-up.ts";
import { listPages } from "./list-pages.ts";
import type { Page } from "./listing.ts";
import { encodeMessage } from "./message.ts";
import { isDeliveredToAll } from "./report.ts";
import { type OnOutcome, Round } from "./round.ts";
import { sdkOptionsOf } from "./sdk-options.ts";
import { type OperationName, SEMANTICS, type Semantics } from "./semantics.ts";

/** What is wanted of the endpoints. */
export interface Operation<Options extends CallOptions = CallOptions> {
  readonly name: OperationName;
  /** What it is called in messages. Default its name. */
  readonly alias?: string | undefined;
  /** The connection, user or group that it is about, if it is about one. */
  readonly subject?: string;
  readonly options: Options | undefined;
}

interface MessageOperation extends Operation<CommandOptions & { contentType?: ContentType }> {
  readonly message: Message;
}

/** Makes an operation on one endpoint, by the SDK. */
type Make<T, Rest extends unknown[] = []> = (
  client: WebPubSubServiceClient,
  ...rest: [...Rest, OperationOptions]
) => Promise<T>;

/** Reads one page of one endpoint: the first, or the one behind a link. */
type Read = (
  client: WebPubSubServiceClient,
  options: OperationOptions,
  nextLink?: string,
) => Promise<Page>;

/** Makes operations on all endpoints that they concern, and knows those under way. */
export class FanOut {
  readonly #context: PluginContext;
  #underway = 0;
  #whenIdle: (() => void) | undefined;
  #isClosed = false;

  constructor(context: PluginContext) {
    this.#context = context;
    giveUpWhatIsOut(context);
  }

  /** A command with a message, which is encoded once for all endpoints. */
  async send(
    operation: MessageOperation,
    make: Make<unknown, [EncodedBody]>,
  ): Promise<FanOutReport> {
    // Before anything is waited for: the caller may go on to change the message.
    const encoded = encodeMessage(operation.message, operation.options?.contentType);
    const body = encoded instanceof EncodedBody ? encoded : await encoded;
    const round = await this.#askAll(operation, (client, options) => make(client, body, options));
    if (!operation.options?.abortSignal?.aborted) this.#announceUndelivered(operation, round);
    return reportUnlessUnmet(operation, round);
  }

  /**
   * Wants something done, wherever it may concern somebody.
   *
   * @throws FanOutError when no endpoint accepted, or `require: "all"` is not met
   */
  async command(operation: Operation<CommandOptions>, make: Make<unknown>): Promise<FanOutReport> {
    return reportUnlessUnmet(operation, await this.#askAll(operation, make));
  }

  #askAll(operation: Operation<CommandOptions>, make: Make<unknown>): Promise<Round<unknown>> {
    return this.#run(operation, (deadline) => this.#ask(operation, make, deadline));
  }

  #announceUndelivered({ name, alias = name }: Operation, round: Round<unknown>): void {
    for (const [endpoint, outcome] of round.outcomes) {
      if (outcome.kind !== "failed") continue;
      const { code } = classifyFailure(outcome.error);
      this.#context.events.emit("deliveryFailed", {
        endpoint: endpoint.name,
        operation: alias,
        reason: outcome.reason,
        status: outcome.status,
        code,
      });
    }
  }

  /**
   * True as soon as one endpoint says so, false when all in use say so.
   *
   * @throws FanOutError when the answer is not known
   */
  question(operation: Operation, make: Make<boolean>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const answering = this.#run(operation, async (deadline) => {
        const location = this.#locationOf(operation);
        const round = await this.#ask(operation, make, deadline, (_, outcome) => {
          // Whoever asked is answered; the others are left to finish, which keeps their sockets.
          if (isTrue(outcome)) resolve(true);
        });
        const answers = [...round.outcomes.values()];
        if (answers.some(isTrue)) return true;
        const isKnown = answers.length > 0 && answers.every(isAnswered);
        const isDeniedThere = location !== undefined && isAnswered(round.outcomes.get(location));
        if (isKnown || isDeniedThere) return false;
        throw round.failure(operation.name);
      });
      answering.then(resolve, reject);
    });
  }

  /**
   * Everything that the endpoints in use list, page by page.
   *
   * @throws FanOutError at the end, when the list is not complete
   */
  async *list(operation: Operation<ListOptions>, read: Read): AsyncGenerator<ListedConnection[]> {
    const context = this.#context;
    yield* listPages({
      name: operation.name,
      round: await this.#run(operation, async () => new Round<Page>(context)),
      max: operation.options?.top ?? Number.POSITIVE_INFINITY,
      read: (endpoint, spentInMs, nextLink) => {
        const call = this.#callOf(operation, (client, options) => read(client, options, nextLink));
        const { timeoutInMs = context.configuration.fanOut.timeoutInMs } = operation.options ?? {};
        const leftInMs = Math.max(1, timeoutInMs - Math.ceil(spentInMs));
        const timed = { ...operation, options: { ...operation.options, timeoutInMs: leftInMs } };
        return this.#run(timed, (deadline) => callEndpoint(context, endpoint, call, deadline));
      },
      onListed: (connectionId, endpoint) => context.locations.learn(connectionId, endpoint),
    });
  }

  /** Refuses further operations and waits for those under way, each of which has a deadline. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#underway === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
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
    this.#underway += 1;
    try {
      return await task();
    } finally {
      this.#underway -= 1;
      if (this.#underway === 0) this.#whenIdle?.();
    }
  }

  /** @throws InvalidArgumentError, or the reason of a signal that has ended already */
  #run<T>(
    { name, subject, options = {} }: Operation,
    task: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    return this.track(async () => {
      checkSubject(SEMANTICS[name].about, subject);
      checkOptions(options);
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

  /**
   * Asks all endpoints in use; of a connection whose location is known, that one first, and the others
   * only if it has no such connection.
   */
  async #ask<T>(
    operation: Operation,
    make: Make<T>,
    deadline: Deadline,
    onOutcome?: OnOutcome<T>,
  ): Promise<Round<T>> {
    const { about, kind } = SEMANTICS[operation.name];
    const call = this.#callOf(operation, make);
    const onEach: OnOutcome<T> = (endpoint, outcome) => {
      this.#learnLocation(operation, endpoint, outcome);
      onOutcome?.(endpoint, outcome);
    };
    const round = new Round<T>(this.#context, about === "connection" ? onEach : onOutcome);
    const location =
      this.#locationOf(operation) ??
      (await this.#confirmedLocationOf(operation, round.inUse, deadline));
    if (location === undefined) {
      await round.ask(round.inUse, call, deadline);
    } else if (round.inUse.includes(location)) {
      round.location = location;
      await round.ask([location], call, deadline);
      if (!isNotThere(round.outcomes.get(location))) return round;
      round.location = undefined;
      const others = round.inUse.filter((one) => one !== location);
      await round.ask(others, call, deadline);
    } else if (kind === "question") {
      await round.ask(round.inUse, call, deadline);
    } else {
      round.location = location;
    }
    return round;
  }

  #callOf<T>({ name, options = {} }: Operation, make: Make<T>): Call<T> {
    const { fanOut } = this.#context.configuration;
    const { tellsAbsence = false }: Semantics = SEMANTICS[name];
    return {
      make,
      options: sdkOptionsOf(options),
      endpointTimeoutInMs:
        options.endpointTimeoutInMs ?? fanOut.endpointTimeoutInMs ?? Number.POSITIVE_INFINITY,
      tellsAbsence,
    };
  }

  #locationOf({ name, subject = "" }: Operation): RegisteredEndpoint | undefined {
    if (SEMANTICS[name].about !== "connection") return undefined;
    const location = this.#context.locations.locationOf(subject);
    return location && this.#context.registry.has(location) ? location : undefined;
  }

  /**
   * Where a connection is of which only events have told. Undefined for questions, whose own answers
   * tell where it is.
   */
  async #confirmedLocationOf(
    { name, subject: connectionId = "" }: Operation,
    inUse: readonly RegisteredEndpoint[],
    deadline: Deadline,
  ): Promise<RegisteredEndpoint | undefined> {
    const { about, kind } = SEMANTICS[name];
    if (about !== "connection" || kind !== "command") return undefined;
    const { locations, registry } = this.#context;
    const claimed = locations.claimedLocationOf(connectionId);
    if (claimed === undefined || !registry.has(claimed)) return undefined;
    return confirmClaim(this.#context, { connectionId, claimed, inUse }, deadline);
  }

  /** Only answers that are different where there is no such connection tell something. */
  #learnLocation<T>(
    { name, subject = "" }: Operation,
    endpoint: RegisteredEndpoint,
    outcome: Outcome<T>,
  ): void {
    const { tellsAbsence }: Semantics = SEMANTICS[name];
    const isThere = tellsAbsence ? isAnswered(outcome) : isTrue(outcome);
    if (isThere) this.#context.locations.learn(subject, endpoint);
  }
}

/** @throws FanOutError when no endpoint accepted, or `require: "all"` is not met */
function reportUnlessUnmet(
  { name, alias = name, options }: Operation<CommandOptions>,
  round: Round<unknown>,
): FanOutReport {
  const report = round.report();
  const isMet = options?.require !== "all" || isDeliveredToAll(report);
  if (report.delivered.length > 0 && isMet) return report;
  throw round.failure(alias);
}

const isAnswered = (outcome: Outcome<unknown> | undefined): boolean => outcome?.kind === "answered";

const isTrue = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === "answered" && outcome.value === true;

const isNotThere = (outcome: Outcome<unknown> | undefined): boolean =>
  outcome?.kind === "absent" || (outcome?.kind === "answered" && outcome.value === false);
