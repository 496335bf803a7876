import { MissedStepError } from "../../kit/missed-step-error.ts";
import { displacedClients, downtimesOf, idsOn, movesFrom } from "../execution/client-locations.ts";
import {
  eventAfter,
  type GuidedDrillContext,
  type GuidedDrillContextUnderLoad,
  lastEventId,
} from "../execution/guided-drill-context.ts";
import { NotYet, type StepExecution } from "../execution/step-execution.ts";
import type { Loss } from "./failover.ts";
import { newClientsFor } from "./prepare.ts";

/** Heals the primary, or waits until the operator has; negotiate names it again. */
export async function awaitRecovery(
  execution: StepExecution,
  context: GuidedDrillContextUnderLoad,
): Promise<void> {
  const { parameters, environment, changes, load } = context;
  const { mode, primary } = parameters;
  const after = lastEventId(environment);
  const isEmulated = mode === "emulated";
  if (isEmulated) await execution.order(changes.heal(primary), `${primary} was not healed`);
  const up = await execution.until(
    () =>
      eventAfter(after, environment, {
        kind: "endpointUp",
        server: primary,
        endpoint: primary,
      }) ?? new NotYet(`the app server in ${primary} takes its primary for down`),
  );
  // On Azure it is unknown when it began: it counts from when the app server has noticed.
  const beganAt = isEmulated
    ? (eventAfter(after, environment, { kind: "healed", endpoint: primary })?.at ?? up.at)
    : up.at;
  if (isEmulated) {
    execution.measure({ label: "primary found up after", value: up.at - beganAt, unit: "ms" });
  }
  const answer = await execution.until(
    () =>
      load.answers.find((it) => it.sentAt >= beganAt && it.endpoint === primary) ??
      new NotYet(`negotiate does not name ${primary} again`),
  );
  const label = `negotiate named ${primary} again after`;
  execution.measure({ label, value: answer.at - beganAt, unit: "ms" });
}

/** New clients go to the primary, those that were moved stay where they are. */
export async function addNewClients(
  execution: StepExecution,
  context: GuidedDrillContext,
  loss: Loss,
): Promise<void> {
  const { parameters, environment, changes } = context;
  const { primary, secondary } = parameters;
  const known = new Set(environment.clients.views.map(({ id }) => id));
  const clients = changes.clients + newClientsFor(changes.clients);
  await execution.order(changes.resize(clients), `there are no ${clients} clients`);
  const newClients = await execution.until(() => {
    const found = environment.clients.views.filter(({ id }) => !known.has(id));
    const settled = found.filter(({ homeRegion, endpoint }) => homeRegion === endpoint);
    const wanted = clients - known.size;
    if (settled.length === wanted) return settled;
    return new NotYet(`${settled.length} of ${wanted} new clients are on their primary`);
  });
  const stayed = [...idsOn(secondary, environment)].filter((id) => loss.ids.has(id)).length;
  execution.measure(
    {
      label: `new on ${primary}`,
      value: newClients.filter(({ endpoint }) => endpoint === primary).length,
      unit: "clients",
    },
    { label: `stayed on ${secondary}`, value: stayed, unit: "clients" },
  );
  const left = loss.ids.size - stayed;
  if (left > 0) {
    throw new MissedStepError(
      `${left} of ${loss.ids.size} clients left ${secondary}, though nobody closed them.`,
    );
  }
}

/** The app servers close displaced clients, so many a second, until there are none. */
export async function failBack(
  execution: StepExecution,
  context: GuidedDrillContext,
): Promise<void> {
  const { parameters, environment, changes } = context;
  const ids = new Set(displacedClients(environment).map(({ id }) => id));
  const since = Date.now();
  await execution.order(changes.setFailback("paced"), "failback was not set to paced");
  const moves = await execution.until(() => {
    const displaced = displacedClients(environment).length;
    if (displaced > 0) return new NotYet(`${displaced} of ${ids.size} clients are not at home yet`);
    // A client that is there has still to join its groups before it has moved.
    const found = movesFrom(parameters.secondary, { ids, since, environment });
    if (found.length === ids.size) return found;
    return new NotYet(`${found.length} of ${ids.size} clients have told of their way home`);
  });
  execution.measure(
    { label: "returned", value: moves.length, unit: "clients" },
    ...downtimesOf(moves),
    {
      label: "all at home after",
      value: Math.max(since, ...moves.map(({ at }) => at)) - since,
      unit: "ms",
    },
  );
}
