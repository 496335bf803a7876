import type { HistoryStore } from "../../contract/history-store.ts";
import type { CoordinationStore, StoreCallOptions, StoreFacts } from "../../contract/store.ts";
import { isResilientPubSubError } from "../../kit/errors.ts";
import { safeText } from "../../kit/safe-text.ts";
import { type Check, type DoctorContext, type Found, fail, pass, skipped } from "../check.ts";
import { verdictsOnRedis } from "../redis-facts.ts";
import { withTimeout } from "../with-timeout.ts";

/** Hub of the diagnosis: what it writes is nowhere near what servers of the app read. */
const HUB = "resilient-pubsub-doctor";
const SERVER = "doctor";
const KEEP_FOR_IN_MS = 10_000;
const maxTextLength = 400;

/** Whether the stores can be reached, and written to, and how they are set up. */
export const storesCheck: Check = {
  id: "stores",
  title: "stores can be used, and keep what they are given",
  run: async (context) => {
    const { coordination, history, topology } = context.configuration;
    const looks = [
      ...(topology === "client-client"
        ? [() => lookAtCoordination(context, coordination.store)]
        : []),
      ...(history ? [() => lookAtHistory(context, history.store)] : []),
    ];
    if (looks.length === 0) return [skipped("the options have no store")];
    const found: Found[] = [];
    for (const look of looks) found.push(...(await look()));
    return found;
  },
};

function lookAtCoordination(context: DoctorContext, store: CoordinationStore): Promise<Found[]> {
  return lookAt(context, store, "coordination", async (options) => {
    const connection = await store.open(HUB, options);
    try {
      await connection.writeObservation(SERVER, "{}", KEEP_FOR_IN_MS, options);
      const all = await connection.readObservations(options);
      await connection.removeObservation(SERVER, options);
      return all.has(SERVER);
    } finally {
      await connection.close();
    }
  });
}

function lookAtHistory(context: DoctorContext, store: HistoryStore): Promise<Found[]> {
  return lookAt(context, store, "history", async (options) => {
    const limits = {
      maxMessages: 1,
      maxBytesPerStream: 16_384,
      ttlInMs: KEEP_FOR_IN_MS,
      maxResends: 1,
    };
    // To open it is to write and to read: what the store lacks shows by then.
    const connection = await store.open(HUB, limits, () => {}, options);
    await connection.close();
    return true;
  });
}

type AnyStore = Pick<CoordinationStore, "description" | "load" | "inspect">;

/** @param use Tells whether what was written could be read. */
async function lookAt(
  context: DoctorContext,
  store: AnyStore,
  kind: "coordination" | "history",
  use: (options: StoreCallOptions) => Promise<boolean>,
): Promise<Found[]> {
  const subject = `${kind}: ${safeText(store.description)}`;
  try {
    await store.load?.();
    const startedAt = performance.now();
    const isThere = await withTimeout(context, (signal) => use({ signal }));
    const durationInMs = Math.round(performance.now() - startedAt);
    if (!isThere) return [fail("what was written could not be read", "look at the store", subject)];
    const facts = await factsOf(context, store);
    return [
      pass(`can be opened, written and read, in ${durationInMs} ms`, subject),
      ...verdicts(facts, kind).map((one) => ({ ...one, subject })),
    ];
  } catch (error) {
    if (context.signal.aborted) throw error;
    return [{ ...failureOf(error), subject }];
  }
}

function verdicts(
  facts: StoreFacts | undefined | "hidden",
  kind: "coordination" | "history",
): Found[] {
  if (facts === undefined) return [];
  if (facts === "hidden") return [skipped("the server does not tell how it is set up (INFO)")];
  return verdictsOnRedis(facts, kind);
}

/** @returns Undefined where there is nothing to ask. */
async function factsOf(
  context: DoctorContext,
  store: AnyStore,
): Promise<StoreFacts | undefined | "hidden"> {
  try {
    return await withTimeout(context, async (signal) => store.inspect?.({ signal }));
  } catch (error) {
    if (context.signal.aborted) throw error;
    return "hidden";
  }
}

/** The errors of our stores say what to change, behind the last semicolon. */
function failureOf(error: unknown): Found {
  if (!isResilientPubSubError(error)) {
    return fail(
      "cannot be used, for a reason of its own",
      "look at what the store of yours throws",
    );
  }
  const [what = "", remedy = "look whether it is up, and whether this server can reach it"] =
    safeText(error.message, maxTextLength).split(/; (?=[^;]*$)/);
  return fail(`${error.code}: ${what}`, remedy);
}
