import type { AgreedChoice, AgreementId, PluginContext } from "../context/plugin-context.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { Awaitable } from "../kit/awaitable.ts";
import { waitAtMost } from "../kit/deadline.ts";

/** An endpoint, and the agreement on it. */
export interface AgreedEndpoint {
  readonly endpoint: RegisteredEndpoint;
  readonly agreement: AgreementId;
}

/**
 * The endpoint that the servers have agreed on, from memory. If a client complains about it, it is
 * looked at first. If it does not answer this server, the others are about to find out as well: then
 * the next agreement is waited for, but only for a moment, because it may be this server's network
 * that is broken. That it has come and gone too often, or that calls to it fail, is no reason to
 * answer with nothing: all the others are there.
 *
 * @param failed Endpoints that this client has just failed on.
 */
export function agreedEndpoint(
  context: PluginContext,
  choice: AgreedChoice,
  failed: ReadonlySet<RegisteredEndpoint>,
): Awaitable<AgreedEndpoint | undefined> {
  const { monitor } = context;
  const { active } = choice;
  monitor.lookForRecovery();
  const isInQuestion =
    !active || isDown(context, active) || failed.has(active) || monitor.needsCheck(active);
  if (isInQuestion) return waitForCertainty(context, choice);
  monitor.refresh(active);
  return answerWith(choice);
}

async function waitForCertainty(
  context: PluginContext,
  choice: AgreedChoice,
): Promise<AgreedEndpoint | undefined> {
  const { configuration, monitor, registry } = context;
  const { active, changed } = choice;
  const budgetInMs = configuration.health.onDemandBudgetInMs;
  const giveUpAt = performance.now() + budgetInMs;
  if (active && !isDown(context, active)) {
    await waitAtMost(budgetInMs, Promise.race([monitor.check(active), changed]));
    if (choice.active && !isDown(context, choice.active)) return answerWith(choice);
  }
  await waitAtMost(Math.max(0, giveUpAt - performance.now()), changed);
  // Where another one answers, they will agree on that, or this server alone does not see this one.
  const isHopeless = !registry.all().some((endpoint) => registry.isAnswering(endpoint));
  const isRejected = isHopeless && configuration.negotiate.whenNoneHealthy === "reject";
  return isRejected ? undefined : answerWith(choice);
}

function isDown({ registry }: PluginContext, active: RegisteredEndpoint): boolean {
  return active.state === "unhealthy" && !registry.isAnswering(active);
}

function answerWith({ active, agreement }: AgreedChoice): AgreedEndpoint | undefined {
  return active && agreement && { endpoint: active, agreement };
}
