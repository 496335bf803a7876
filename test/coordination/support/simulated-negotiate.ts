import type { AgreementId, PluginContext } from "../../../src/context/plugin-context.ts";
import type { Agreement } from "../../../src/contract/coordination.ts";
import { isAgreementOn } from "../../../src/coordination/decision.ts";
import { agreedEndpoint } from "../../../src/negotiate/agreed-endpoint.ts";
import type { EndpointView } from "./simulated-endpoints.ts";

/** An endpoint as a server knows it. */
export interface NegotiableEndpoint extends EndpointView {
  readonly index: number;
  readonly name: string;
  readonly url: string;
}

/** Where a client is sent to. */
export interface NegotiateAnswer {
  readonly endpoint: number;
  readonly url: string;
  readonly agreement: AgreementId;
}

/**
 * What the real negotiate of a server answers that knows these endpoints and this agreement; undefined
 * is a 503. It waits for no next agreement: its patience is a matter of comfort.
 *
 * @param failed Indices of endpoints that the client has just failed on.
 */
export async function negotiate(
  endpoints: readonly NegotiableEndpoint[],
  agreement: Agreement | undefined,
  failed: ReadonlySet<number>,
): Promise<NegotiateAnswer | undefined> {
  const active = agreement && endpoints.find((endpoint) => isAgreementOn(agreement, endpoint));
  const context = {
    configuration: {
      health: { onDemandBudgetInMs: 0 },
      negotiate: { whenNoneHealthy: "reject" },
    },
    monitor: {
      lookForRecovery: () => {},
      needsCheck: () => false,
      refresh: () => {},
      check: async () => {},
    },
    registry: {
      all: () => endpoints,
      isAnswering: ({ isAnswering }: EndpointView) => isAnswering,
    },
  };
  const chosen = await agreedEndpoint(
    context as unknown as PluginContext,
    { agreement, active, changed: Promise.resolve() } as never,
    new Set(endpoints.filter(({ index }) => failed.has(index))) as never,
  );
  if (!chosen) return undefined;
  const { index, url } = chosen.endpoint as unknown as NegotiableEndpoint;
  return { endpoint: index, url, agreement: chosen.agreement };
}
