import type { Activity } from "../../../src/emulator/contract/activity.ts";
import type { EventHandlerOptions } from "../../../src/emulator/contract/emulator-options.ts";
import { Address } from "../../../src/emulator/http/address.ts";
import { parseEmulatorOptions } from "../../../src/emulator/options/emulator-configuration.ts";
import type { UpstreamSettings } from "../../../src/emulator/options/emulator-schema.ts";
import { parseHubOptions } from "../../../src/emulator/options/hub-schema.ts";
import { AccessKeys } from "../../../src/emulator/tokens/access-keys.ts";
import type { ConnectionEvents } from "../../../src/emulator/upstream/connection-events.ts";
import { Upstream } from "../../../src/emulator/upstream/upstream.ts";

export const origin = "service.test:8080";

/** The service's side of upstream without the service: its events are sent by the test. */
export interface UpstreamScene {
  readonly upstream: Upstream;
  readonly activities: Activity[];
  /** From the next event on; `one` and `two` before. */
  rotateKeys(primary: string, secondary: string): void;
  /** A connection named `c` of the user `u` to the hub `chat`. */
  open(connectionId?: string): ConnectionEvents;
  setHandlers(handlers: EventHandlerOptions[]): void;
}

export function createUpstream(
  handlers: EventHandlerOptions[],
  settings: Partial<UpstreamSettings> = {},
): UpstreamScene {
  const hubOf = (eventHandlers: EventHandlerOptions[]) =>
    parseHubOptions("chat", { eventHandlers })[1];
  let hub = hubOf(handlers);
  const keys = new AccessKeys("one", "two");
  const activities: Activity[] = [];
  const upstream = new Upstream({
    upstreamSettings: {
      eventTimeoutInMs: 100_000,
      validationTimeoutInMs: 10_000,
      validationLifetimeInMs: 60_000,
      retryDelaysInMs: [],
      ...settings,
    },
    observe: (activity) => void activities.push(activity),
    keys,
    address: new Address(parseEmulatorOptions({ publicEndpoint: `http://${origin}` })),
    settingsOf: () => hub,
  });
  return {
    upstream,
    activities,
    rotateKeys(primary, secondary) {
      keys.replace("primary", primary);
      keys.replace("secondary", secondary);
    },
    open: (connectionId = "c") => upstream.open("chat", connectionId, "u"),
    setHandlers(next) {
      hub = hubOf(next);
      upstream.clearValidations();
    },
  };
}
