import type { HubOptions } from "../emulator/index.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Hubs side by side are a group, and the upstream after them is theirs:
 * `--hub a --hub b --upstream X --hub c --upstream Y` gives X to a and b, and Y to c.
 *
 * @throws UsageError
 */
export function readHubs(
  given: readonly { readonly name: string; readonly value: string }[],
): Record<string, HubOptions> {
  const hubs = new Map<string, HubOptions>();
  let group: string[] = [];
  let isGroupComplete = false;
  for (const { name, value } of given) {
    if (name === "hub") {
      const hub = value.toLowerCase();
      group = isGroupComplete ? [hub] : [...group, hub];
      isGroupComplete = false;
      hubs.set(hub, hubs.get(hub) ?? {});
    } else if (name === "upstream") {
      setUpstream(hubs, new Set(group), value);
      isGroupComplete = true;
    }
  }
  return Object.fromEntries(hubs);
}

function setUpstream(
  hubs: Map<string, HubOptions>,
  group: ReadonlySet<string>,
  urlTemplate: string,
): void {
  if (group.size === 0) throw new UsageError(NO_HUB);
  for (const hub of group) {
    if (hubs.get(hub)?.eventHandlers) {
      throw new UsageError(`Hub ${hub} has two upstreams, and only the first would be called.`);
    }
    hubs.set(hub, { eventHandlers: [allEventsTo(urlTemplate)] });
  }
}

const NO_HUB =
  "--upstream needs the hub that it is for before it: --hub chat --upstream http://localhost:3000/.";

const allEventsTo = (urlTemplate: string) => ({
  urlTemplate,
  systemEvents: ["connect", "connected", "disconnected"] as const,
  userEventPattern: "*",
});
