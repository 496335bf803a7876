import type { AgreedChoice, PluginContext } from "../context/plugin-context.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { waitAtMost } from "../kit/deadline.ts";

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
  context: PluginContext,
  choice: AgreedChoice,
  failed: ReadonlySet<RegisteredEndpoint>,
): AgreedEndpoint | undefined | Promise<AgreedEndpoint | undefined> {
  const { monitor } = context;
  const { active } = choice;
  monitor.lookForRecovery();
  const isInQuestion =
    !active || isDown(choice) || failed.has(active) || monitor.needsCheck(active);
  if (isInQuestion) return waitForCertainty(context, choice);
  monitor.refresh(active);
  return answerWith(choice);
}

async function waitForCertainty(
  { configuration, monitor, registry }: PluginContext,
  choice: AgreedChoice,
): Promise<AgreedEndpoint | undefined> {
  const { active, changed } = choice;
  const budgetInMs = configuration.health.onDemandBudgetInMs;
  const giveUpAt = performance.now() + budgetInMs;
  if (active && !isDown(choice)) {
    await waitAtMost(budgetInMs, Promise.race([monitor.check(active), changed]));
    if (!isDown(choice)) return answerWith(choice);
  }
  await waitAtMost(Math.max(0, giveUpAt - performance.now()), changed);
  const isHopeless = !registry.all().some(({ isUsable }) => isUsable);
  const isRejected = isHopeless && configuration.negotiate.whenNoneHealthy === "reject";
  return isRejected ? undefined : answerWith(choice);
}

const isDown = ({ active }: AgreedChoice): boolean => active?.state === "unhealthy";

function answerWith({ active, agreement }: AgreedChoice): AgreedEndpoint | undefined {
  return active && agreement && { endpoint: active, epoch: agreement.epoch };
}
