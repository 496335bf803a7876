import { abortReason } from "../abort-reason.ts";
import type { AppServers } from "../app-servers.ts";
import { backoffInMs } from "../backoff.ts";
import type { ContinuityHost } from "../continuity-host.ts";
import { InvocationError, isPubSubClientError } from "../errors.ts";
import { checked, encodeData } from "../frames.ts";
import { isObject } from "../options.ts";
import type {
  AckMessageError,
  InvokeEventResult,
  JSONTypes,
  PublishOptions,
  PublishResult,
  WebPubSubDataType,
} from "../wire-types.ts";

const EVENT = "resilient-pubsub.publish";
// A service that is silent is asked again, by another connection perhaps.
const ATTEMPT_IN_MS = 10_000;
const UNAUTHORISED = "ERR_HISTORY_GRANT";
// Of the service; whatever else it says may pass.
const FINAL = /^(?:BadRequest|Forbidden|Unauthorized)$/;
const REPEATED = ["ERR_OUTCOME_UNKNOWN", "ERR_CALL_TIMED_OUT", "ERR_CALL_REFUSED"];

/** What is to be published, and its name: of all messages with that name, one is published. */
export interface Publication {
  readonly group: string;
  readonly key: string;
  readonly content: JSONTypes | ArrayBuffer;
  readonly options: PublishOptions;
}

/** Publishes a message by way of an app server: again and again, until it is answered. */
export async function publish(
  host: ContinuityHost,
  publication: Publication,
): Promise<PublishResult> {
  const data = encodeData(publication.content, dataTypeOf(publication));
  const endsAt = performance.now() + host.configuration.callTimeoutInMs;
  let isGrantNew = false;
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt(host, publication, data, endsAt - performance.now());
    } catch (error) {
      const isRenewable = !isGrantNew && isGrantRefused(error);
      const pauseInMs = backoffInMs(host.configuration, failures, Math.random());
      const isOver = performance.now() + pauseInMs >= endsAt;
      if (isOver || !(isRenewable || mayPass(error))) throw error;
      isGrantNew = await prepare(host, publication, isRenewable, pauseInMs);
      if (!host.run) throw error;
    }
  }
}

/** @returns Whether the next attempt is made with another grant. */
async function prepare(
  { appServers }: ContinuityHost,
  { options }: Publication,
  isRenewable: boolean,
  pauseInMs: number,
): Promise<boolean> {
  if (isRenewable) await renewGrant(appServers);
  else await pauseFor(pauseInMs, options.abortSignal);
  return isRenewable;
}

const dataTypeOf = ({ options: { dataType = "json" } }: Publication): WebPubSubDataType => dataType;

/** The next attempt finds out what came of it. */
const renewGrant = (appServers: AppServers): Promise<unknown> =>
  appServers.negotiate([], new AbortController().signal).catch(() => {});

/** @param data As JSON. */
async function attempt(
  { appServers, calls }: ContinuityHost,
  publication: Publication,
  data: string,
  leftInMs: number,
): Promise<PublishResult> {
  const { group, key, options } = publication;
  const { abortSignal, noEcho } = options;
  const dataType = dataTypeOf(publication);
  const t = dataType === "protobuf" ? "binary" : dataType;
  const invocationId = String(calls.createId());
  const head = JSON.stringify({ group, t, key, grant: appServers.told.grant, noEcho });
  const frame = { type: "invoke", invocationId, target: "event", event: EVENT, dataType: "json" };
  const text = `${JSON.stringify(frame).slice(0, -1)},"data":${head.slice(0, -1)},"d":${data}}}`;
  const timeoutInMs = Math.max(1, Math.min(leftInMs, ATTEMPT_IN_MS));
  const call = { text: checked(text), invocationId, abortSignal, timeoutInMs };
  return positionIn(await calls.perform(call), invocationId);
}

function positionIn({ data }: InvokeEventResult, invocationId: string): PublishResult {
  const answer = isObject(data) ? data : {};
  if (typeof answer.position === "string") return { position: answer.position };
  const { code, message } = (isObject(answer.error) ? answer.error : {}) as Partial<
    Record<string, string>
  >;
  const detail = {
    name: code ?? "ERR_HISTORY_REQUEST",
    message: message ?? "The app server has no history.",
  };
  const why = `The app server refused to publish: ${detail.name}, ${detail.message}`;
  throw new InvocationError("ERR_CALL_REFUSED", why, { invocationId, errorDetail: detail });
}

const detailOf = (error: unknown): AckMessageError | undefined =>
  error instanceof InvocationError ? error.errorDetail : undefined;

const isGrantRefused = (error: unknown): boolean => detailOf(error)?.name === UNAUTHORISED;

/** What the app server itself refused has a code, and is refused for good. */
function mayPass(error: unknown): boolean {
  const name = detailOf(error)?.name ?? "";
  const isKnown = isPubSubClientError(error) && REPEATED.includes(error.code);
  return isKnown && !FINAL.test(name) && !name.startsWith("ERR_");
}

function pauseFor(inMs: number, signal: PublishOptions["abortSignal"]): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      if (signal) reject(abortReason(signal, "The call"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, inMs);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
  });
}
