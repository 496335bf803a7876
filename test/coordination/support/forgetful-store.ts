import type { CoordinationStore, StoreConnection, Versioned } from "../../../src/contract/store.ts";
import { memoryStore } from "../../../src/stores/memory-store.ts";

/** A store in memory that can lose all that it was told. */
export function forgetfulStore(): CoordinationStore & { forget(): void } {
  let memory = memoryStore();
  let losses = 0;
  // A version is never given twice, whatever was lost.
  const versionOf = (version: string): string => `${losses}-${version}`;
  const open: CoordinationStore["open"] = async (hub, options) => {
    const current = (): Promise<StoreConnection> => memory.open(hub, options);
    return {
      readRecord: async (...args): Promise<Versioned | undefined> => {
        const found = await (await current()).readRecord(...args);
        return found && { ...found, version: versionOf(found.version) };
      },
      replaceRecord: async (expected, ...args) => {
        const [loss, version] = expected?.split("-") ?? [];
        if (expected !== undefined && loss !== String(losses)) return undefined;
        const written = await (await current()).replaceRecord(version, ...args);
        return written && versionOf(written);
      },
      readObservations: async (...args) => (await current()).readObservations(...args),
      writeObservation: async (...args) => (await current()).writeObservation(...args),
      removeObservation: async (...args) => (await current()).removeObservation(...args),
      close: async () => {},
    };
  };
  return {
    description: "forgetful",
    open,
    forget: () => {
      memory = memoryStore();
      losses += 1;
    },
  };
}
