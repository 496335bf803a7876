import type { DeliveriesView } from "../../contract/live.ts";
import { countText } from "../kit/text-format.ts";

/** What both halves of the clients have missed, in a sentence. */
export function deliveryText({ withHistory, withoutHistory }: DeliveriesView): string {
  const lost = withoutHistory.missed;
  const { missed, replayed } = withHistory;
  if (lost + missed + replayed === 0)
    return "Nobody has missed a message yet. Break an endpoint, and compare.";
  const caughtUp = `those with history have caught up with ${countText(replayed, "message")}`;
  const rest = missed === 0 ? "missed none" : `missed ${missed.toLocaleString("en")}`;
  return `Clients without history have missed ${countText(lost, "message")} for good; ${caughtUp}, and ${rest}.`;
}
