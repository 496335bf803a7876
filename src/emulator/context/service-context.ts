import type { Address } from "../http/address.ts";
import type { Hubs } from "../hub/hubs.ts";
import type { Limits, UpstreamSettings } from "../options/emulator-schema.ts";
import type { HubSettings } from "../options/hub-schema.ts";
import type { Observe } from "../reporting/activity-observer.ts";
import type { Access } from "../tokens/access.ts";
import type { AccessKeys } from "../tokens/access-keys.ts";

/** What the parts of one service instance share. */
export interface ServiceContext {
  readonly address: Address;
  readonly keys: AccessKeys;
  readonly access: Access;
  readonly hubs: Hubs;
  readonly limits: Limits;
  readonly upstreamSettings: UpstreamSettings;
  readonly observe: Observe;
  /** The settings of a hub by its canonical name, as they are at this moment. */
  settingsOf(hub: string): HubSettings;
}
