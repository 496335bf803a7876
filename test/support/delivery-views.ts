import type { DeliveriesView, DeliveryCounts } from "../../demo-app/contract/live.ts";

type Differences = { readonly [Half in keyof DeliveriesView]?: Partial<DeliveryCounts> };

const ALL_WELL: DeliveryCounts = {
  clients: 4,
  sent: 100,
  missed: 0,
  missedUntold: 0,
  replayed: 0,
  doubled: 0,
  outOfOrder: 0,
};

/** Everybody has heard everything, but for these differences. */
export function deliveriesWith({ withHistory, withoutHistory }: Differences = {}): DeliveriesView {
  return {
    withHistory: { ...ALL_WELL, ...withHistory },
    withoutHistory: { ...ALL_WELL, ...withoutHistory },
  };
}
