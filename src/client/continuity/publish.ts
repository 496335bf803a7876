import type { AppServers } from "../app-servers.ts";
import { backoffInMs } from "../backoff.ts";
import { refused } from "../calls.ts";
import { Cancellation } from "../cancellation.ts";
import type { ContinuityHost } from "../continuity-host.ts";
import type { InvocationError } from "../errors.ts";
import { encodeData, encodeDataFrame } from "../frames.ts";
import { isObject } from "../options.ts";
import type {
  AbortSignalLike,
  InvokeEventResult,
  JSONTypes,
  PublishOptions,
  PublishResult,
} from "../wire-types.ts";
import { waitFor } from "./wait-for.ts";

const EVENT = "resilient-pubsub.publish";
// A service that is silent is asked again, by another connection perhaps.
const ATTEMPT_IN_MS = 10_000;
const UNAUTHORISED = "ERR_HISTORY_GRANT";
// Of the service, and whatever the app server itself refused; what else they say may pass.
const FINAL = /^(?:BadRequest$|Forbidden$|Unauthorized$|ERR_)/;
// Of calls that nobody has answered, or whose answer may pass.
const REPEATED = /^ERR_(?:OUTCOME|CALL)_/;

/** What is to be published, and its name: of all messages with that name, one is published. */
export interface Publication {
  readonly group: string;
  readonly key: string;
  readonly content: JSONTypes | ArrayBuffer;
  readonly options: PublishOptions;
}

/**
 * Publishes a message by way of an app server: again and again, until it is answered.
 *
 * @param grantOf What the app server knows the client by.
 */
export async function publish(
  host: ContinuityHost,
  grantOf: () => string | undefined,
  { group, key, content, options }: Publication,
): Promise<PublishResult> {
  const { dataType = "json", noEcho, abortSignal } = options;
  const d = JSON.parse(encodeData(content, dataType));
  const t = dataType.replace("protobuf", "binary");
  const endsAt = performance.now() + host.configuration.callTimeoutInMs;
  let isGrantNew = false;
  for (let failures = 1; ; failures += 1) {
    const invocationId = String(host.calls.createId());
    const frame = { type: "invoke", invocationId, target: "event", event: EVENT };
    const data = { group, t, key, grant: grantOf(), noEcho, d };
    const text = encodeDataFrame(frame, data as JSONTypes, "json");
    const leftInMs = Math.max(1, endsAt - performance.now());
    const timeoutInMs = Math.min(leftInMs, ATTEMPT_IN_MS);
    const call = { text, invocationId, abortSignal, timeoutInMs };
    try {
      return positionIn(await host.calls.perform(call), invocationId);
    } catch (error) {
      const pauseInMs = backoffInMs(host.configuration, failures, Math.random());
      isGrantNew = !isGrantNew && nameOf(error) === UNAUTHORISED;
      const isOver = performance.now() + pauseInMs >= endsAt;
      if (isOver || !(isGrantNew || mayPass(error))) throw error;
      await (isGrantNew ? renewGrant(host.appServers) : pause(pauseInMs, abortSignal));
      if (!host.run) throw error;
    }
  }
}

const nameOf = (error: unknown): string =>
  (error as Partial<InvocationError> | undefined)?.errorDetail?.name ?? "";

const mayPass = (error: unknown): boolean =>
  REPEATED.test((error as Partial<InvocationError> | undefined)?.code ?? "") &&
  !FINAL.test(nameOf(error));

/** What is asked next finds out what came of it. */
export const renewGrant = (
  appServers: AppServers,
  signal: AbortSignalLike = new Cancellation(),
): Promise<unknown> => appServers.negotiate([], signal).catch(() => {});

/** The next attempt fails at once when the signal has ended. */
const pause = (inMs: number, signal: PublishOptions["abortSignal"]): Promise<void> =>
  waitFor(inMs, (finish) => {
    signal?.addEventListener("abort", finish);
    return () => signal?.removeEventListener("abort", finish);
  });

function positionIn({ data }: InvokeEventResult, invocationId: string): PublishResult {
  const { position, error } = isObject(data) ? data : {};
  if (typeof position === "string") return { position };
  const { code: name = "ERR_HISTORY_REQUEST", message = "it has no history" } = (error ??
    {}) as Partial<Record<string, string>>;
  throw refused({ invocationId }, { name, message }, "app server");
}
