import { parseArgs } from "node:util";
import { STORES, type StoreKind } from "./client-client/stores.ts";

export interface DrillArguments {
  readonly topology: "client-server" | "client-client";
  readonly store: StoreKind;
  readonly clients: number;
  readonly json: boolean;
}

const TOPOLOGIES = ["client-server", "client-client"] as const;
const MOST_CLIENTS = 1000;

/** @throws TypeError that names the option */
export function parseDrillArguments(args: string[]): DrillArguments {
  const { values } = parseArgs({
    args,
    options: {
      topology: { type: "string", default: "client-server" },
      store: { type: "string" },
      clients: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const topology = oneOf("topology", values.topology, TOPOLOGIES);
  for (const name of ["store", "clients"] as const) {
    if (topology === "client-server" && values[name] !== undefined) {
      throw new TypeError(`--${name} is for --topology client-client`);
    }
  }
  return {
    topology,
    store: oneOf("store", values.store ?? STORES[0], STORES),
    clients: wholeNumber("clients", values.clients ?? "300", 2, MOST_CLIENTS),
    json: values.json,
  };
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  const found = known.find((value) => value === text);
  if (found !== undefined) return found;
  throw new TypeError(`--${name}: got "${text}"; give ${known.join(" or ")}`);
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new TypeError(`--${name}: got "${text}"; give a whole number from ${least} to ${most}`);
}
