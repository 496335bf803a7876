import type { CoordinationStore } from "../../../src/contract/store.ts";
import { Coordinator } from "../../../src/coordination/coordinator.ts";
import { memoryStore } from "../../../src/stores/memory-store.ts";
import { observation } from "./observations.ts";
import { virtualClock } from "./virtual-clock.ts";

export const POLL = 1000;
export const LEASE = 9000;
export const west = { name: "west", url: "https://west" };

/** Coordinators on a virtual clock, which meet in one store. */
export function coordinators(store: CoordinationStore = memoryStore()) {
  const { timeline, clock } = virtualClock();
  const settings = {
    pollIntervalInMs: POLL,
    leaseInMs: LEASE,
    failback: false,
    holdDownInMs: 5000,
  };
  const join = (
    self: string,
    sees = "east+ west+",
    reachedBy = store,
    overrides: Partial<typeof settings> = {},
  ) => {
    const log: string[] = [];
    let seen = observation(sees);
    const coordinator = new Coordinator({
      store: reachedBy,
      hub: "chat",
      self,
      settings: { ...settings, ...overrides },
      clock,
      random: () => 0.5,
      observe: () => seen,
      listener: {
        agreed: ({ epoch, active, reason }, previous) =>
          log.push(`agreed ${epoch} ${active} (${reason}) after ${previous?.epoch}`),
        lost: (error) => log.push(`lost: ${(error as Error).message}`),
        restored: (afterInMs) => log.push(`restored after ${afterInMs}`),
        endpointsDiffer: (differences) => log.push(`differ ${JSON.stringify(differences)}`),
        activeDoubted: () => log.push("doubted"),
        recordSpoilt: (error) => log.push(`spoilt: ${(error as Error).message}`),
        closeFailed: (error) => log.push(`close failed: ${(error as Error).message}`),
      },
    });
    const see = (now: string): void => {
      seen = observation(now);
      coordinator.pollSoon();
    };
    coordinator.start();
    return { coordinator, log, see };
  };
  const pass = (inMs: number): Promise<void> => timeline.runUntil(timeline.now + inMs);
  /** What a promise comes to within this time. */
  const within = async (inMs: number, promise: Promise<unknown>): Promise<unknown> => {
    let outcome: unknown = "nothing yet";
    promise.then(
      (value) => {
        outcome = value ?? "done";
      },
      (error) => {
        outcome = error.code ?? error;
      },
    );
    await pass(inMs);
    return outcome;
  };
  const connection = store.open("chat", { signal: new AbortController().signal });
  const options = { signal: new AbortController().signal };
  const stored = {
    record: async () => JSON.parse((await (await connection).readRecord(options))?.text ?? "null"),
    heartbeats: async () => [...(await (await connection).readObservations(options)).keys()],
    spoil: async (text: string) => {
      const found = await (await connection).readRecord(options);
      await (await connection).replaceRecord(found?.version, text, options);
    },
    forgetHeartbeats: async () => {
      for (const server of await stored.heartbeats()) {
        await (await connection).removeObservation(server, options);
      }
    },
    heartbeat: async (server: string, text: string) =>
      (await connection).writeObservation(server, text, LEASE, options),
  };
  return { join, pass, within, stored, timeline };
}
