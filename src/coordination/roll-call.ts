import type { Observation } from "../contract/coordination.ts";
import { parseReport, type Report } from "./observation.ts";

/** What a server said last. Times are monotonic milliseconds of the server that calls the roll. */
interface Saying {
  readonly text: string;
  readonly report: Report;
  /** It had not said so yet when the roll was called the last time before; -Infinity if never. */
  readonly saidAfter: number;
  /** When the roll was called that found it. */
  readonly foundAt: number;
}

/** The other servers that have been heard of, by their ids. */
export interface RollCall {
  readonly calledAt: number;
  readonly sayings: ReadonlyMap<string, Saying>;
}

export const notCalled: RollCall = { calledAt: Number.NEGATIVE_INFINITY, sayings: new Map() };

/**
 * The roll call after another look at the store. A server shows that it lives by saying something
 * new: so nobody's clock is compared with that of another.
 *
 * @param calledAt When the store was asked.
 */
export function callRoll(
  before: RollCall,
  said: ReadonlyMap<string, string>,
  calledAt: number,
): RollCall {
  const sayings = [...said].map(([server, text]): [string, Saying] => {
    const known = before.sayings.get(server);
    if (known?.text === text) return [server, known];
    const report = parseReport(text);
    // A write that was under way for long may have overtaken a newer one.
    if (known && report.beat < known.report.beat) return [server, known];
    return [server, { text, report, saidAfter: before.calledAt, foundAt: calledAt }];
  });
  return { calledAt, sayings: new Map(sayings) };
}

/** What those see who have said something new lately. */
export function present(
  { sayings }: RollCall,
  leaseInMs: number,
  now: number,
): ReadonlyMap<string, Observation> {
  const fresh = [...sayings].filter(([, { foundAt }]) => now - foundAt <= leaseInMs);
  return new Map(fresh.map(([server, { report }]) => [server, report.endpoints]));
}

/**
 * What each one that may live has to say about a move. What was found the first time may have been
 * said long ago, by a server that is no more: it counts as one that lives, and as not knowing how the
 * endpoints are.
 */
export function voters({ calledAt, sayings }: RollCall, leaseInMs: number): Observation[] {
  const fresh = [...sayings.values()].filter(({ foundAt }) => calledAt - foundAt <= leaseInMs);
  return fresh.map(({ report, saidAfter }) => {
    if (calledAt - saidAfter <= leaseInMs) return report.endpoints;
    return report.endpoints.map((endpoint) => ({ ...endpoint, state: "unknown" }));
  });
}

/** Those who have been silent for so long that they will not come back under that id. */
export function departed({ calledAt, sayings }: RollCall, leaseInMs: number): string[] {
  const isGone = (saying: Saying): boolean => calledAt - saying.foundAt > 3 * leaseInMs;
  return [...sayings].filter(([, saying]) => isGone(saying)).map(([server]) => server);
}
