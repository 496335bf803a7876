import { explore } from "./support/exploration.ts";
import type { FaultKind } from "./support/state.ts";

/*
 * Everything that can happen to two servers, two regions and one client, by the real logic of the
 * store and of the client and what stands between them: each order of steps, and of faults. What is
 * found is the shortest way there.
 */
jest.setTimeout(3_600_000);

const EVERY_KIND = undefined;
const SENDS_AND_READS: readonly FaultKind[] = [
  "append fails when done",
  "append is lost",
  "send unsure, lost",
  "send accepted, lost",
  "read fails",
];

const scopes: [string, number, number, readonly FaultKind[] | undefined][] = [
  ["one message and any two faults of sends and reads", 1, 2, SENDS_AND_READS],
  ["two messages and any fault", 2, 1, EVERY_KIND],
];

/** These take a minute or two each: `MODEL_SCOPES=all`. */
const largeScopes: typeof scopes = [
  ["one message and any two faults", 1, 2, EVERY_KIND],
  ["two messages and any two faults of sends and reads", 2, 2, SENDS_AND_READS],
];

const chosen = process.env.MODEL_SCOPES === "all" ? [...scopes, ...largeScopes] : scopes;

it.each(chosen)("%s: each message comes once and in order, or the client is told", (...scope) => {
  const [name, messages, faults, kinds] = scope;
  const { states, transitions, counterexample } = explore(messages, faults, kinds);
  console.log(`${name}: ${states} states, ${transitions} transitions`);
  expect(counterexample).toBeUndefined();
});
