import type { ServerResponse } from "node:http";

/** How a firewall refuses a message that it does not like. */
export const POISONS = ["403", "401", "500", "reset", "hang"] as const;
export type Poison = (typeof POISONS)[number];

export const poisonText = (kind: Poison, message: string): string => `poison:${kind} ${message}`;

/** Undefined when a firewall has nothing against it. */
export function kindOfPoison(text: string): Poison | undefined {
  const kind = /^poison:(\w+) /.exec(text)?.[1];
  return POISONS.find((one) => one === kind);
}

export function refuse(res: ServerResponse, kind: Poison | undefined): void {
  if (kind === "hang") return;
  if (kind === "reset") res.socket?.resetAndDestroy();
  else res.writeHead(Number(kind)).end("Blocked");
}
