import { parseArgs } from "node:util";
import { STORES, type StoreKind } from "../client-client-drill/store-servers.ts";

interface Common {
  readonly clients: number;
  readonly json: boolean;
}

export type DrillArguments =
  | (Common & { readonly topology: "client-server" })
  | (Common & { readonly topology: "client-client"; readonly store: StoreKind });

const TOPOLOGIES = ["client-server", "client-client"] as const;
const CLIENTS = {
  // With 400 the newcomers still fit.
  "client-server": { least: 4, most: 400, usual: 100 },
  "client-client": { least: 2, most: 1000, usual: 300 },
};

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
  const { least, most, usual } = CLIENTS[topology];
  const clients = wholeNumber("clients", values.clients ?? String(usual), least, most);
  const common = { clients, json: values.json };
  if (topology === "client-client") {
    return { ...common, topology, store: oneOf("store", values.store ?? STORES[0], STORES) };
  }
  if (values.store !== undefined) throw new TypeError("--store is for --topology client-client");
  return { ...common, topology };
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
