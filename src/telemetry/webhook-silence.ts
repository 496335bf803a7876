import type { PubSubEvents } from "../contract/events.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import type { UpstreamConfiguration } from "../options/parse-options.ts";
import type { LogLine } from "./log-line.ts";

/** So many clients, over so long, that this server would have heard of one of them. */
const ENOUGH_CLIENTS = 20;
const LONG_ENOUGH_IN_MS = 10_000;

/**
 * Finds out that something in front of the upstream route keeps the service's events away, of which
 * nothing arrives that could be told: clients are sent to connect, the application wants to hear of
 * each, and no event comes. It listens until the first has come, or it has told.
 */
export function watchForSilence(
  upstream: UpstreamConfiguration,
  events: TypedEvents,
  tell: (line: LogLine) => void,
): void {
  // Only these are told of every client.
  if (upstream.handleConnect === undefined && upstream.onConnected === undefined) return;
  let clients = 0;
  let since = 0;
  const onNegotiated = ({ outcome }: PubSubEvents["negotiated"]): void => {
    if (outcome !== "answered" && outcome !== "fallback") return;
    if (clients === 0) since = performance.now();
    clients += 1;
    const forInMs = performance.now() - since;
    if (clients < ENOUGH_CLIENTS || forInMs < LONG_ENOUGH_IN_MS) return;
    end();
    tell({
      level: "warn",
      what: `${clients} clients were sent to connect, and no event of the service has arrived at the upstream route`,
      remedy: `unless other servers get them all, look for a guard, a firewall or another path in front of it, and whether the hub has an event handler for ${upstream.path}`,
    });
  };
  const onEvent = ({ kind }: PubSubEvents["upstreamEvent"]): void => {
    // The handshake may get through where events do not.
    if (kind !== "validation") end();
  };
  const end = (): void => {
    events.off("negotiated", onNegotiated).off("upstreamEvent", onEvent);
  };
  events.onInternally("negotiated", onNegotiated).onInternally("upstreamEvent", onEvent);
}
