import type { AgreedChoice } from "../context/plugin-context.ts";
import type { EndpointSnapshot } from "../contract/endpoint.ts";
import type {
  AgreementStatus,
  HistoryStatus,
  PubSubState,
  PubSubStatus,
} from "../contract/status.ts";
import { type ServingContext, servingNow } from "../endpoints/serving-now.ts";

/** What a status is put together of. */
export interface StatusSources extends ServingContext {
  readonly hub: string;
  readonly agreed?: AgreedChoice | undefined;
  readonly snapshot: () => readonly EndpointSnapshot[];
  readonly operationsUnderWay: () => number;
  readonly history: () => HistoryStatus | undefined;
  /** Ends when the plugin is closed. */
  readonly closing: AbortSignal;
}

/** A plugin at this moment. It asks nobody, so it may be asked as often as anybody likes. */
export function statusOf(sources: StatusSources): PubSubStatus {
  const serving = servingNow(sources).map(({ name }) => name);
  const endpoints = sources.snapshot();
  return Object.freeze({
    hub: sources.hub,
    state: stateOf(sources.closing.aborted, serving, endpoints),
    serving: Object.freeze(serving),
    endpoints: Object.freeze(endpoints),
    operationsUnderWay: sources.operationsUnderWay(),
    history: sources.history(),
    agreement: sources.agreed && agreementOf(sources.agreed),
  });
}

function stateOf(
  isClosing: boolean,
  serving: readonly string[],
  endpoints: readonly EndpointSnapshot[],
): PubSubState {
  if (isClosing) return "draining";
  if (serving.length > 0) return "ready";
  return endpoints.some(({ state, joining }) => state === "unknown" && !joining)
    ? "starting"
    : "no-endpoint";
}

function agreementOf({ active, agreement, isStoreLost, servers }: AgreedChoice): AgreementStatus {
  return Object.freeze({
    epoch: agreement?.epoch,
    active: active?.name,
    servers,
    isStoreReachable: !isStoreLost,
  });
}
