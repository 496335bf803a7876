import type { OperationOptions } from "@azure/core-client";
import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { HistoryPort, LoggedSend, Publication, SendToLog } from "../context/history-port.ts";
import type { PluginContext } from "../context/plugin-context.ts";
import type { CommandOptions } from "../contract/call-options.ts";
import type { FanOutReport } from "../contract/fan-out-report.ts";
import type { StreamPosition } from "../contract/history-store.ts";
import type { ListedConnection, ListOptions } from "../contract/listing.ts";
import type { ContentType, Message } from "../contract/message.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { Deadline } from "../kit/deadline.ts";
import { EncodedBody } from "../service/encoded-body.ts";
import { messageRequest } from "../service/message-request.ts";
import { type Call, callEndpoint, type Outcome } from "./call.ts";
import { confirmClaim } from "./confirm-claim.ts";
import { giveUpWhatIsOut } from "./give-up.ts";
import { listPages } from "./list-pages.ts";
import type { Page } from "./listing.ts";
import { sendLogged, streamOf } from "./logged-send.ts";
import { encodeMessage } from "./message.ts";
import { messageTargetOf, sendBySdk } from "./message-target.ts";
import type { Operation, Operations } from "./operations.ts";
import { isDeliveredToAll } from "./report.ts";
import { type OnOutcome, Round } from "./round.ts";
import { sdkOptionsOf, withHeaders } from "./sdk-options.ts";
import { SEMANTICS, type Semantics } from "./semantics.ts";
import { toldOf } from "./told-operation.ts";

interface SendOptions extends CommandOptions {
  contentType?: ContentType;
  filter?: string;
  excludedConnections?: string[];
}

interface MessageOperation extends Operation<SendOptions> {
  readonly message: Message;
}

/** What a user publishes to a group. */
export interface PublishedMessage extends Pick<SendToLog, "body" | "excluded"> {
  readonly group: string;
  readonly publication: Publication;
}

/** Makes an operation on one endpoint, by the SDK. */
type Make<T, Rest extends unknown[] = []> = (
  client: WebPubSubServiceClient,
  ...rest: [...Rest, OperationOptions]
) => Promise<T>;

interface LoggedOperation {
  readonly operation: Operation<SendOptions>;
  readonly logged: LoggedSend;
  readonly make: Make<unknown, [EncodedBody]>;
}

/** Reads one page of one endpoint: the first, or the one behind a link. */
type Read = (
  client: WebPubSubServiceClient,
  options: OperationOptions,
  nextLink?: string,
) => Promise<Page>;

/** Makes operations on all endpoints that they concern: who is asked, and what the answers come to. */
export class FanOut {
  readonly #context: PluginContext;
  readonly #operations: Operations;

  constructor(context: PluginContext, operations: Operations) {
    this.#context = context;
    this.#operations = operations;
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
    const round = await toldOf(this.#context, operation, () =>
      this.#sendToAll(operation, body, make),
    );
    if (!operation.options?.abortSignal?.aborted) this.#announceUndelivered(operation, round);
    return reportUnlessUnmet(operation, round);
  }

  /**
   * Wants something done, wherever it may concern somebody.
   *
   * @throws FanOutError when no endpoint accepted, or `require: "all"` is not met
   */
  async command(operation: Operation<CommandOptions>, make: Make<unknown>): Promise<FanOutReport> {
    const round = await toldOf(this.#context, operation, () => this.#askAll(operation, make));
    return reportUnlessUnmet(operation, round);
  }

  #sendToAll(
    operation: MessageOperation,
    body: EncodedBody,
    make: Make<unknown, [EncodedBody]>,
  ): Promise<Round<unknown>> {
    const { history } = this.#context;
    if (history === undefined) {
      const sent = { ...operation, body };
      return this.#askAll(sent, (client, options) => make(client, body, options));
    }
    return this.#operations.run(operation, async (deadline) => {
      const logged = await history.log(this.#toLog(operation, body));
      return this.#sendLogged({ operation, logged, make }, deadline);
    });
  }

  /**
   * What a user publishes to a group. It resolves when that is logged: whatever becomes of it on the
   * endpoints, it is sent again until they have accepted it.
   *
   * @throws ResilientPubSubError `ERR_HISTORY_UNAVAILABLE`; nobody has been sent it then
   */
  publish(
    history: HistoryPort,
    { group, body, excluded, publication }: PublishedMessage,
  ): Promise<StreamPosition> {
    const operation: Operation<SendOptions> = {
      name: "group.sendToAll",
      alias: "publish",
      subject: group,
      options: { excludedConnections: excluded && [...excluded] },
    };
    const make: Make<unknown, [EncodedBody]> = (client, ...rest) =>
      sendBySdk(client, { kind: "group", group }, ...rest);
    return new Promise((resolve, reject) => {
      const sending = this.#operations.run(operation, async (deadline) => {
        const logged = await history.log({ ...this.#toLog(operation, body), publication });
        resolve(logged.position as StreamPosition);
        if (logged.isRepeated) return;
        const round = await toldOf(this.#context, operation, () =>
          this.#sendLogged({ operation, logged, make }, deadline),
        );
        this.#announceUndelivered(operation, round);
      });
      sending.catch(reject);
    });
  }

  #toLog(operation: Operation<SendOptions>, body: EncodedBody): SendToLog {
    const { timeoutInMs = this.#context.configuration.fanOut.timeoutInMs, excludedConnections } =
      operation.options ?? {};
    return {
      stream: streamOf(operation),
      body,
      excluded: excludedConnections?.slice(),
      dueInMs: timeoutInMs * 2,
    };
  }

  #sendLogged({ operation, logged, make }: LoggedOperation, deadline: Deadline) {
    const { options = {} } = operation;
    const stream = logged.history === "untracked" ? undefined : streamOf(operation);
    return sendLogged(this.#context, this.#operations, stream, logged, ({ body, headers }) =>
      this.#ask(
        { ...operation, body, options: withHeaders(options, headers) },
        (client, rest) => make(client, body, rest),
        deadline,
      ),
    );
  }

  #askAll(operation: Operation<CommandOptions>, make: Make<unknown>): Promise<Round<unknown>> {
    return this.#operations.run(operation, (deadline) => this.#ask(operation, make, deadline));
  }

  #announceUndelivered({ name, alias = name }: Operation, round: Round<unknown>): void {
    for (const [endpoint, outcome] of round.outcomes) {
      if (outcome.kind !== "failed") continue;
      this.#context.events.emit("deliveryFailed", {
        endpoint: endpoint.name,
        operation: alias,
        reason: outcome.reason,
        status: outcome.status,
        code: outcome.failure.code,
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
      const answering = this.#operations.run(operation, async (deadline) => {
        const location = this.#locationOf(operation);
        const onOutcome: OnOutcome<boolean> = (_, outcome) => {
          // Whoever asked is answered; the others are left to finish, which keeps their sockets.
          if (isTrue(outcome)) resolve(true);
        };
        const round = await toldOf(this.#context, operation, () =>
          this.#ask(operation, make, deadline, onOutcome),
        );
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
      round: await this.#operations.run(operation, async () => new Round<Page>(context)),
      max: operation.options?.top ?? Number.POSITIVE_INFINITY,
      read: (endpoint, spentInMs, nextLink) => {
        const call = this.#callOf(operation, (client, options) => read(client, options, nextLink));
        const { timeoutInMs = context.configuration.fanOut.timeoutInMs } = operation.options ?? {};
        const leftInMs = Math.max(1, timeoutInMs - Math.ceil(spentInMs));
        const timed = { ...operation, options: { ...operation.options, timeoutInMs: leftInMs } };
        return this.#operations.run(timed, (deadline) =>
          callEndpoint(context, endpoint, call, deadline),
        );
      },
      onListed: (connectionId, endpoint) => context.locations.learn(connectionId, endpoint),
    });
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

  #callOf<T>(operation: Operation, make: Make<T>): Call<T> {
    const { name, alias = name, body, options = {} } = operation;
    const { fanOut, hub } = this.#context.configuration;
    const { tellsAbsence = false }: Semantics = SEMANTICS[name];
    const target = body && messageTargetOf(operation);
    const sdkOptions = sdkOptionsOf(options);
    return {
      make,
      options: sdkOptions,
      message: target && messageRequest(hub, target, body, sdkOptions),
      endpointTimeoutInMs:
        options.endpointTimeoutInMs ?? fanOut.endpointTimeoutInMs ?? Number.POSITIVE_INFINITY,
      operation: alias,
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
