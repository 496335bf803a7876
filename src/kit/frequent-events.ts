import type { PubSubEvents } from "../contract/events.ts";
import type { FrequentPubSubEvents } from "../contract/frequent-events.ts";

const FREQUENT: Readonly<Record<keyof FrequentPubSubEvents, true>> = {
  negotiated: true,
  reviewed: true,
  caughtUp: true,
  operation: true,
  probe: true,
  upstreamEvent: true,
  storeCall: true,
};

/** Whether it comes with the traffic. */
export const isFrequent = (name: keyof PubSubEvents): boolean => Object.hasOwn(FREQUENT, name);
