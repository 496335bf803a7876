import { parseArgs } from "node:util";
import { STORIES } from "./faults/stories.ts";
import { STORES, type StoreKind } from "./stores/store-cluster.ts";

export interface NemesisArguments {
  /** Of storms; the stories come on top. */
  readonly minutes: number;
  readonly seed: number;
  readonly store: StoreKind;
  readonly servers: number;
  readonly endpoints: number;
  readonly clients: number;
  readonly pollInMs: number;
  readonly leaseInMs: number;
  readonly stories: readonly string[];
  readonly json: boolean;
}

/** @throws TypeError that names the option */
export function parseNemesisArguments(args: string[]): NemesisArguments {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "5" },
      seed: { type: "string", default: "1" },
      store: { type: "string", default: "redis" },
      servers: { type: "string", default: "5" },
      endpoints: { type: "string", default: "3" },
      clients: { type: "string", default: "20" },
      poll: { type: "string", default: "200" },
      lease: { type: "string", default: "2000" },
      stories: { type: "string", default: "all" },
      json: { type: "boolean", default: false },
    },
  });
  const pollInMs = numberIn("poll", values.poll, 50, 60_000);
  return {
    minutes: numberIn("minutes", values.minutes, 0, 24 * 60, false),
    seed: numberIn("seed", values.seed, 0, 2 ** 31 - 1),
    store: storeIn(values.store),
    servers: numberIn("servers", values.servers, 2, 9),
    endpoints: numberIn("endpoints", values.endpoints, 2, 5),
    clients: numberIn("clients", values.clients, 1, 60),
    pollInMs,
    leaseInMs: numberIn("lease", values.lease, Math.max(200, 4 * pollInMs), 600_000),
    stories: storiesIn(values.stories),
    json: values.json,
  };
}

function numberIn(name: string, text: string, least: number, most: number, isWhole = true): number {
  const number = Number(text);
  const isKind = !isWhole || Number.isInteger(number);
  if (text !== "" && isKind && number >= least && number <= most) return number;
  const kind = isWhole ? "a whole number" : "a number";
  throw new TypeError(`--${name}: got "${text}"; give ${kind} from ${least} to ${most}`);
}

function storeIn(text: string): StoreKind {
  const store = STORES.find((kind) => kind === text);
  if (store) return store;
  throw new TypeError(`--store: got "${text}"; give ${STORES.join(" or ")}`);
}

function storiesIn(text: string): string[] {
  const known = Object.keys(STORIES);
  if (text === "all") return known;
  if (text === "none") return [];
  const wanted = text.split(",");
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return wanted;
  throw new TypeError(`--stories: got "${unknown}"; give all, none, or some of ${known.join()}`);
}
