import { type DeliveryChange, NO_CHANGE } from "./delivery-record.ts";

/** Of the clients that use `continuity()`, and of the others. */
export interface DeliveryTotals {
  readonly withHistory: DeliveryChange;
  readonly withoutHistory: DeliveryChange;
}

export const NO_DELIVERIES: DeliveryTotals = { withHistory: NO_CHANGE, withoutHistory: NO_CHANGE };

/** Home regions are given in turn, so two rounds of them make each region half and half. */
export function hasHistory(id: number, homeRegions: readonly string[]): boolean {
  return Math.floor((id - 1) / homeRegions.length) % 2 === 0;
}

export function addTotals(one: DeliveryTotals, other: DeliveryTotals): DeliveryTotals {
  return {
    withHistory: addCounts(one.withHistory, other.withHistory),
    withoutHistory: addCounts(one.withoutHistory, other.withoutHistory),
  };
}

function addCounts(one: DeliveryChange, other: DeliveryChange): DeliveryChange {
  return {
    sent: one.sent + other.sent,
    missed: one.missed + other.missed,
    missedUntold: one.missedUntold + other.missedUntold,
    replayed: one.replayed + other.replayed,
    doubled: one.doubled + other.doubled,
    outOfOrder: one.outOfOrder + other.outOfOrder,
  };
}
