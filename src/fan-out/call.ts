import type { OperationOptions } from "@azure/core-client";
import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { PluginContext } from "../context/plugin-context.ts";
import type { FailureReason } from "../contract/fan-out-report.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { type CanaryResult, faultOf } from "../health/canary.ts";
import { Deadline, DeadlineError, unlessAborted } from "../kit/deadline.ts";
import { pause } from "../kit/pause.ts";
import { BusyError, reasonOfFailure } from "../service/call-within.ts";
import type { RawAnswer } from "../service/exchange.ts";
import { classifyFailure, type Failure } from "../service/failure.ts";
import type { MessageRequest } from "../service/message-request.ts";
import { pauseBeforeRetryInMs } from "./retry.ts";

/** One request of the SDK, to be made to any endpoint. */
export interface Call<T> {
  readonly make: (client: WebPubSubServiceClient, options: OperationOptions) => Promise<T>;
  /** What the caller gave for the SDK. */
  readonly options: OperationOptions;
  /** Deadline for one endpoint. */
  readonly endpointTimeoutInMs: number;
  /** What it is called in the endpoint's last failure. */
  readonly operation: string;
  /** Whether 404 says that what it is about is not there. */
  readonly tellsAbsence: boolean;
  /** Of a message: the request as it goes over the wire, where the SDK need not make it. */
  readonly message?: MessageRequest | undefined;
}

/** How a call ended on one endpoint. */
export type Outcome<T> = (
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "absent"; readonly error: unknown }
  | {
      readonly kind: "failed";
      readonly error: unknown;
      readonly failure: Failure;
      readonly reason: FailureReason;
    }
) & {
  /** HTTP status of the last answer, if there was one. */
  readonly status: number | undefined;
  readonly attempts: number;
  readonly durationInMs: number;
};

/**
 * Makes a call to one endpoint, again where that is safe, and tells the monitor how it ended. Never
 * rejects.
 */
export function callEndpoint<T>(
  context: PluginContext,
  endpoint: RegisteredEndpoint,
  call: Call<T>,
  deadline: Deadline,
): Promise<Outcome<T>> {
  const isShorter = call.endpointTimeoutInMs < deadline.remainingInMs && !deadline.aborted;
  if (!isShorter) return attemptsOf(call, context, endpoint, deadline);
  const own = new Deadline(call.endpointTimeoutInMs, deadline);
  return attemptsOf(call, context, endpoint, own).finally(() => own.end());
}

/** Without further async functions and copies of objects, which would cost as much as the rest. */
function attemptsOf<T>(
  call: Call<T>,
  context: PluginContext,
  endpoint: RegisteredEndpoint,
  deadline: Deadline,
): Promise<Outcome<T>> {
  const startedAt = performance.now();
  const durationInMs = (): number => performance.now() - startedAt;
  let attempts = 0;
  let status: number | undefined;

  function answered(value: T): Outcome<T> {
    context.monitor.reportSuccess(endpoint, startedAt);
    return { kind: "answered", value, status, attempts, durationInMs: durationInMs() };
  }

  async function failed(thrown: unknown): Promise<Outcome<T>> {
    const isEnded = deadline.aborted;
    const error = reasonOfFailure(deadline, thrown);
    const failure = classifyFailure(error);
    const isAbsent = !isEnded && call.tellsAbsence && isNotFound(failure);
    const isOver = isEnded || isAbsent;
    const mayTryAgain =
      !isOver && (await mayRepeat(context, endpoint, failure, attempts, deadline));
    if (mayTryAgain) return attempt();
    if (isAbsent) {
      context.monitor.reportSuccess(endpoint, startedAt);
      return { kind: "absent", error, status, attempts, durationInMs: durationInMs() };
    }
    const ended = { error, failure, status, attempts, durationInMs: durationInMs() };
    // That the caller has taken it back says nothing, whatever the reason looks like.
    const isOverdue = error instanceof DeadlineError || error instanceof BusyError;
    const isTakenBack = isEnded && !isOverdue;
    if (isTakenBack) return { kind: "failed", reason: "local", ...ended };
    // What the caller has got wrong was not sent.
    if (failure.kind !== "other") {
      context.registry.recordFailure(endpoint, call.operation, failure);
    }
    const judging = context.monitor.reportFailure(endpoint, failure, startedAt);
    const reason = faultOf(failure, await resultWithin(deadline, judging));
    return { kind: "failed", reason, ...ended };
  }

  function makeBy(client: WebPubSubServiceClient): Promise<Outcome<T>> {
    const options: OperationOptions = {
      ...call.options,
      abortSignal: deadline,
      onResponse: (response, ...rest) => {
        status = response.status;
        call.options.onResponse?.(response, ...rest);
      },
    };
    return call.make(client, options).then(answered, failed);
  }

  function onAnswerToMessage(answer: RawAnswer): Outcome<T> | Promise<Outcome<T>> {
    status = answer.status;
    // As the SDK, which has nothing to tell of a message that was accepted.
    if (status === ACCEPTED) return answered(undefined as T);
    return makeBy(endpoint.endpoint.interpreterOf(answer));
  }

  function attempt(): Promise<Outcome<T>> {
    attempts += 1;
    status = undefined;
    const { client, sendMessage } = endpoint.endpoint;
    if (call.message === undefined) return makeBy(client);
    return sendMessage(call.message, deadline).then(onAnswerToMessage, failed);
  }

  return attempt();
}

/** What a canary says within the time that the operation has left. */
async function resultWithin(
  deadline: Deadline,
  judging: Promise<CanaryResult | undefined>,
): Promise<CanaryResult | undefined> {
  return deadline.aborted
    ? undefined
    : await unlessAborted(deadline, judging).catch(() => undefined);
}

/** Waits as long as must be before another attempt; false when there must be none. */
async function mayRepeat(
  { registry, monitor, random }: PluginContext,
  endpoint: RegisteredEndpoint,
  failure: Failure,
  attempts: number,
  deadline: Deadline,
): Promise<boolean> {
  const pauseInMs = pauseBeforeRetryInMs(failure, attempts, random());
  if (pauseInMs === undefined || pauseInMs >= deadline.remainingInMs) return false;
  monitor.reportAttempt(endpoint, failure);
  await pause(pauseInMs, deadline);
  return !deadline.aborted && registry.fanOutTargets().has(endpoint);
}

const ACCEPTED = 202;

/** An identity provider may answer 404 as well. */
const isNotFound = ({ kind, status }: Failure): boolean => kind === "answer" && status === 404;
