import type { z } from "zod";
import type { EmulatorOptions } from "../contract/emulator-options.ts";
import { canonicalHub } from "../contract/names.ts";
import { emulatorSchema } from "./emulator-schema.ts";
import type { HubSettings } from "./hub-schema.ts";
import { generateAccessKey } from "./option-values.ts";
import { invalidOptions, parseWith } from "./parse-with.ts";

/** The options with every default filled in; hub names are canonical. */
export interface EmulatorConfiguration
  extends Readonly<
    Omit<z.output<typeof emulatorSchema>, "accessKey" | "secondaryAccessKey" | "hubs">
  > {
  readonly accessKey: string;
  readonly secondaryAccessKey: string;
  readonly hubs: ReadonlyMap<string, HubSettings>;
}

/** @throws EmulatorError `ERR_INVALID_OPTIONS`, naming every bad option. */
export function parseEmulatorOptions(
  options: EmulatorOptions,
  what = "startEmulator",
): EmulatorConfiguration {
  const parsed = parseWith(emulatorSchema, options, what);
  const hubs = new Map<string, HubSettings>();
  for (const [name, settings] of Object.entries(parsed.hubs)) {
    if (hubs.has(canonicalHub(name))) {
      const message = "the hub is there twice; names that differ in case only are the same";
      throw invalidOptions(what, [{ path: `hubs.${name}`, message }]);
    }
    hubs.set(canonicalHub(name), settings);
  }
  return {
    ...parsed,
    accessKey: parsed.accessKey ?? generateAccessKey(),
    secondaryAccessKey: parsed.secondaryAccessKey ?? generateAccessKey(),
    hubs,
  };
}
