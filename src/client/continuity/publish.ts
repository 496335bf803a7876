import { abortReason } from "../abort-reason.ts";
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
  readonly dataType: WebPubSubDataType;
  readonly options: PublishOptions;
}

/** Publishes a message by way of an app server: again and again, until it is answered. */
export async function publish(
  { appServers, configuration, createId, invoke }: ContinuityHost,
  { group, key, content, dataType, options }: Publication,
): Promise<PublishResult> {
  const { abortSignal, noEcho } = options;
  const data = encodeData(content, dataType);
  const type = dataType === "protobuf" ? "binary" : dataType;
  const endsAt = performance.now() + configuration.callTimeoutInMs;
  let isGrantNew = false;
  for (let failures = 1; ; failures += 1) {
    const invocationId = String(createId());
    const { grant } = appServers;
    const head = JSON.stringify({ group, t: type, key, grant, noEcho });
    const frame = { type: "invoke", invocationId, target: "event", event: EVENT, dataType: "json" };
    const text = `${JSON.stringify(frame).slice(0, -1)},"data":${head.slice(0, -1)},"d":${data}}}`;
    const leftInMs = Math.max(1, endsAt - performance.now());
    const timeoutInMs = Math.min(leftInMs, ATTEMPT_IN_MS);
    const attempt = { text: checked(text), invocationId, abortSignal, timeoutInMs };
    try {
      return positionIn(await invoke(attempt), invocationId);
    } catch (error) {
      const pauseInMs = backoffInMs(configuration, failures, Math.random());
      const isToBeRenewed = !isGrantNew && detailOf(error)?.name === UNAUTHORISED;
      if (performance.now() + pauseInMs >= endsAt) throw error;
      if (isToBeRenewed) {
        isGrantNew = true;
        await appServers.negotiate([], new AbortController().signal).catch(() => {});
      } else if (!mayPass(error)) throw error;
      else await pauseFor(pauseInMs, abortSignal);
    }
  }
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
