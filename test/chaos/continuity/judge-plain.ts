import { NumberSet } from "./number-set.ts";
import type { Connected, Outage, PlainRecord, RunRecord, Sent } from "./record.ts";

export interface PlainVerdict {
  readonly violations: readonly string[];
  /** Live messages that they were to get, and did. */
  readonly live: number;
  /** Messages that they were not given, one for each client. */
  readonly missed: number;
}

/** After an endpoint has accepted a message, on a busy machine. */
const DELIVERED_WITHIN_MS = 3000;

/** Whether those who know nothing of positions notice nothing of them. */
export function judgePlain({ plain, sent, outages }: RunRecord): PlainVerdict {
  const violations: string[] = [];
  let live = 0;
  let missed = 0;
  for (const client of plain) {
    violations.push(...client.violations);
    const isGiven = givenTo(client);
    const due = sent.filter((message) => wasThere(client, message, outages));
    const lost = due.filter((message) => !isGiven(message));
    live += due.length - lost.length;
    missed += sent.filter((message) => !isGiven(message)).length;
    for (const { stream, sender, number } of lost)
      violations.push(`${client.name} was not given ${stream} ${sender} ${number}`);
  }
  return { violations, live, missed };
}

function givenTo({ received }: PlainRecord): (message: Sent) => boolean {
  const sets = new Map<string, NumberSet>();
  for (const [key, text] of Object.entries(received)) sets.set(key, NumberSet.fromText(text));
  return ({ stream, sender, number }) => sets.get(`${stream} ${sender}`)?.has(number) === true;
}

/** Whether it was connected, all the time, to an endpoint that accepted the message and was well. */
function wasThere(
  { connected }: PlainRecord,
  { startedAt, endedAt, delivered = [] }: Sent,
  outages: readonly Outage[],
): boolean {
  const to = endedAt + DELIVERED_WITHIN_MS;
  return connected.some(
    (connection) =>
      delivered.includes(connection.endpoint) &&
      connection.from <= startedAt &&
      to <= connection.to &&
      isSound(connection, outages, to),
  );
}

/** Whoever had a connection when its region broke may have none, and not know it yet. */
const isSound = ({ endpoint, from }: Connected, outages: readonly Outage[], to: number): boolean =>
  !outages.some((outage) => outage.region === endpoint && outage.from <= to && from <= outage.to);
