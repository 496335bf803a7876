import type { EmulatorOptions, HubOptions } from "../emulator/index.ts";
import type { EmulatorArguments } from "./emulator-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** The port of an emulator that was told of none; one that stays the same can be written down. */
const DEFAULT_PORT = 8080;

/**
 * The command line wins over the file, option by option and, within a hub, setting by setting.
 *
 * @throws UsageError
 */
export function mergeOptions(
  file: EmulatorOptions,
  { options, allowsAnonymous }: Pick<EmulatorArguments, "options" | "allowsAnonymous">,
): EmulatorOptions {
  const hubs = new Map<string, HubOptions>();
  for (const source of [file, options]) {
    for (const [name, settings] of Object.entries(source.hubs ?? {})) {
      const hub = name.toLowerCase();
      hubs.set(hub, { ...hubs.get(hub), ...settings });
    }
  }
  if (allowsAnonymous) {
    if (hubs.size === 0) {
      throw new UsageError("--allow-anonymous needs a hub to be set up: --hub chat.");
    }
    for (const [hub, settings] of hubs) {
      hubs.set(hub, { ...settings, anonymousConnectPolicy: "allow" });
    }
  }
  return { port: DEFAULT_PORT, ...file, ...options, hubs: Object.fromEntries(hubs) };
}
