import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { waitAtMost } from "../kit/deadline.ts";
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
 * The endpoint that the servers have agreed on, from memory. If a client complains about it, it is
 * looked at first. If it does not look well from here, the others are about to find out as well: then
 * the next agreement is waited for, but only for a moment, because it may be this server's network
 * that is broken.
 *
 * @param failed Endpoints that this client has just failed on.
 */
export function agreedEndpoint(
  parts: SelectorParts,
  place: AgreedPlace,
  failed: ReadonlySet<RegisteredEndpoint>,
): AgreedEndpoint | undefined | Promise<AgreedEndpoint | undefined> {
  const { monitor } = parts;
  const { active } = place;
  monitor.lookForRecovery();
  const isInQuestion = !active || isDown(place) || failed.has(active) || monitor.needsCheck(active);
  if (isInQuestion) return waitForCertainty(parts, place);
  monitor.refresh(active);
  return answerWith(place);
}

async function waitForCertainty(
  { configuration, monitor, registry }: SelectorParts,
  place: AgreedPlace,
): Promise<AgreedEndpoint | undefined> {
  const { active, changed } = place;
  const budgetInMs = configuration.health.onDemandBudgetInMs;
  const giveUpAt = performance.now() + budgetInMs;
  if (active && !isDown(place)) {
    await waitAtMost(budgetInMs, Promise.race([monitor.check(active), changed]));
    if (!isDown(place)) return answerWith(place);
  }
  await waitAtMost(Math.max(0, giveUpAt - performance.now()), changed);
  const isHopeless = !registry.all().some(({ isUsable }) => isUsable);
  const isRejected = isHopeless && configuration.negotiate.whenNoneHealthy === "reject";
  return isRejected ? undefined : answerWith(place);
}

const isDown = ({ active }: AgreedPlace): boolean => active?.state === "unhealthy";

function answerWith({ active, agreement }: AgreedPlace): AgreedEndpoint | undefined {
  return active && agreement && { endpoint: active, epoch: agreement.epoch };
}
