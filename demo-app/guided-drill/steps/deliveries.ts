import type { DeliveriesView, DeliveryCounts } from "../../contract/live.ts";
import { MissedStepError } from "../../kit/missed-step-error.ts";
import type { GuidedDrillContext } from "../execution/guided-drill-context.ts";
import type { StepExecution } from "../execution/step-execution.ts";
import { hearBroadcast } from "./traffic.ts";

/** What clients with history, and those without, have missed since then; the former may have missed nothing. */
export async function compareDeliveries(
  execution: StepExecution,
  context: GuidedDrillContext,
  before: DeliveriesView,
): Promise<void> {
  const { environment, parameters } = context;
  // Whoever has heard the last one of an app server has heard, or missed, all before it.
  for (const region of [parameters.primary, parameters.secondary])
    await hearBroadcast(execution, context, region);
  const now = environment.clients.deliveries;
  const withHistory = changeOf(now.withHistory, before.withHistory);
  const withoutHistory = changeOf(now.withoutHistory, before.withoutHistory);
  const { missed, missedUntold, replayed, doubled, outOfOrder } = withHistory;
  execution.measure(
    { label: "sent to clients with history", value: withHistory.sent, unit: "messages" },
    { label: "missed with history", value: missed, unit: "messages" },
    { label: "replayed", value: replayed, unit: "messages" },
    { label: "doubled", value: doubled, unit: "messages" },
    { label: "out of order", value: outOfOrder, unit: "messages" },
    { label: "sent to clients without history", value: withoutHistory.sent, unit: "messages" },
    { label: "missed without history", value: withoutHistory.missed, unit: "messages" },
  );
  if (doubled > 0) {
    throw new MissedStepError(`Clients with history heard ${doubled} messages more than once.`);
  }
  if (missedUntold > 0) {
    throw new MissedStepError(
      `Clients with history missed ${missedUntold} messages without being told so.`,
    );
  }
}

type Change = Omit<DeliveryCounts, "clients">;

function changeOf(now: Change, before: Change): Change {
  return {
    sent: now.sent - before.sent,
    missed: now.missed - before.missed,
    missedUntold: now.missedUntold - before.missedUntold,
    replayed: now.replayed - before.replayed,
    doubled: now.doubled - before.doubled,
    outOfOrder: now.outOfOrder - before.outOfOrder,
  };
}
