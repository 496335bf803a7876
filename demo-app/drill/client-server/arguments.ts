import { parseArgs } from "node:util";

export interface ClientServerArguments {
  readonly clients: number;
  readonly json: boolean;
}

const FEWEST_CLIENTS = 4;
// So many that the newcomers still fit into the crowd.
const MOST_CLIENTS = 400;

/** @throws TypeError that names the option */
export function parseClientServerArguments(args: string[]): ClientServerArguments {
  const { values } = parseArgs({
    args,
    options: {
      clients: { type: "string", default: "100" },
      json: { type: "boolean", default: false },
    },
  });
  const clients = Number(values.clients);
  if (!Number.isInteger(clients) || clients < FEWEST_CLIENTS || clients > MOST_CLIENTS) {
    throw new TypeError(
      `--clients: got "${values.clients}"; give a whole number from ${FEWEST_CLIENTS} to ${MOST_CLIENTS}`,
    );
  }
  return { clients, json: values.json };
}
