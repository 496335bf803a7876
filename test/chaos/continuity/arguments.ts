import { parseArgs } from "node:util";
import { KINDS, type Kind } from "./plan.ts";

/** How big a run is; the figures of the full one are the defaults. */
export interface ContinuityArguments {
  readonly seed: number;
  readonly cycles: number;
  /** Clients with `continuity`, over all processes. */
  readonly clients: number;
  /** Clients that know nothing of positions. */
  readonly plain: number;
  /** Processes that the clients with `continuity` share. */
  readonly processes: number;
  readonly servers: number;
  /** What is broken. */
  readonly kinds: readonly Kind[];
  /** Broadcasts in a second, and as many group sends and publishes. */
  readonly rate: number;
  /** Option `history.appendTimeoutInMs`: on a busy machine the default takes redis for lost. */
  readonly append: number;
  /** Option `keepAliveTimeoutInMs` of the clients: on a busy machine, that of a quick run takes a slow answer for none. */
  readonly patience: number;
  /** Option `negotiate.reviewAfterInMs`; by default ten times as often as clients ask usually. */
  readonly review: number;
  readonly json: boolean;
}

/** @throws TypeError that names the option */
export function parseContinuityArguments(args: string[]): ContinuityArguments {
  const { values } = parseArgs({
    args,
    options: {
      continuity: { type: "boolean" },
      seed: { type: "string", default: "1" },
      cycles: { type: "string", default: "100" },
      clients: { type: "string", default: "1000" },
      plain: { type: "string", default: "50" },
      processes: { type: "string", default: "4" },
      servers: { type: "string", default: "3" },
      kinds: { type: "string", default: KINDS.join() },
      rate: { type: "string", default: "10" },
      append: { type: "string", default: "1000" },
      patience: { type: "string", default: "1500" },
      review: { type: "string", default: "2000" },
      json: { type: "boolean", default: false },
    },
  });
  return {
    seed: wholeNumber("seed", values.seed, 0),
    cycles: wholeNumber("cycles", values.cycles, 1),
    clients: wholeNumber("clients", values.clients, 1),
    plain: wholeNumber("plain", values.plain, 0),
    processes: wholeNumber("processes", values.processes, 1),
    servers: wholeNumber("servers", values.servers, 1),
    kinds: kindsIn(values.kinds),
    rate: wholeNumber("rate", values.rate, 1),
    append: wholeNumber("append", values.append, 1),
    patience: wholeNumber("patience", values.patience, 1000),
    review: wholeNumber("review", values.review, 1000),
    json: values.json,
  };
}

function kindsIn(text: string): Kind[] {
  const wanted = text.split(",");
  const kinds = KINDS.filter((kind) => wanted.includes(kind));
  if (kinds.length === new Set(wanted).size) return kinds;
  throw new TypeError(`--kinds: got "${text}"; give some of ${KINDS.join()}`);
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number < 2 ** 31) return number;
  throw new TypeError(`--${name}: got "${text}"; give a whole number from ${least} on`);
}
