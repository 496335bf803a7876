import type { PubSubEvents, ResilientPubSub } from "express-resilient-pubsub";

const EVENTS: (keyof PubSubEvents)[] = [
  "endpointUp",
  "endpointDown",
  "failover",
  "failback",
  "allDown",
  "endpointDrained",
  "endpointUndrained",
  "failoverForced",
  "forceCleared",
  "endpointAdded",
  "endpointLeaving",
  "endpointRemoved",
];

/** What happens to the endpoints from now on, a line each, such as `failover a -> b (timeout)`. */
export function logEvents(events: ResilientPubSub["events"]): string[] {
  const log: string[] = [];
  for (const name of EVENTS) events.on(name, (event) => void log.push(lineOf(name, event)));
  return log;
}

function lineOf(name: string, event: object): string {
  const { endpoint, from, to, reason } = event as Record<string, string>;
  const subject = from ? `${from} -> ${to}` : endpoint;
  return [name, subject, reason && `(${reason})`].filter(Boolean).join(" ");
}
