import { waitAtMost } from "../deadline.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { SelectorParts } from "./select-endpoint.ts";

/** Where all servers send their clients, in the client-client topology. */
export interface AgreedPlace {
  readonly agreement: { readonly epoch: number } | undefined;
  /** Undefined when this server knows no agreement, or not its endpoint. */
  readonly active: RegisteredEndpoint | undefined;
  /** Resolves when the place changes. */
  readonly changed: Promise<void>;
}

/** An endpoint, and the number of the agreement on it. */
export interface AgreedEndpoint {
  readonly endpoint: RegisteredEndpoint;
  readonly epoch: number;
}

/**
 * The endpoint that the servers have agreed on, from memory. If it does not look well from here, the
 * others are about to find out as well: then the next agreement is waited for, but only for a moment,
 * because it may be this server's network that is broken.
 */
export function agreedEndpoint(
  parts: SelectorParts,
  place: AgreedPlace,
): AgreedEndpoint | undefined | Promise<AgreedEndpoint | undefined> {
  const { configuration, monitor } = parts;
  const { active } = place;
  monitor.lookForRecovery();
  if (active && active.state !== "unhealthy") {
    monitor.refresh(active);
    return answerWith(place);
  }
  return waitAtMost(configuration.health.onDemandBudgetInMs, place.changed).then(() => {
    const isHopeless = !parts.registry.all().some(({ isUsable }) => isUsable);
    const isRejected = isHopeless && configuration.negotiate.whenNoneHealthy === "reject";
    return isRejected ? undefined : answerWith(place);
  });
}

function answerWith({ active, agreement }: AgreedPlace): AgreedEndpoint | undefined {
  return active && agreement && { endpoint: active, epoch: agreement.epoch };
}
