import type { EntryOf } from "../recording/entry.ts";
import { boundsOf } from "./bounds.ts";
import type { Truth } from "./truth.ts";
import { type Finding, type Verdict, verdictOf } from "./verdict.ts";

/** After everything is mended, all servers answer alike within a bound, and all clients are there. */
export function judgeQuiet(truth: Truth): Verdict {
  const findings = truth.of("quiet").flatMap((quiet): Finding[] => {
    const over = truth.of("quiet-over").find(({ at }) => at > quiet.at);
    return over ? [...serversIn(truth, quiet, over.at), ...clientsIn(truth, quiet, over.at)] : [];
  });
  return verdictOf("when all is mended, servers agree and clients are together again", findings);
}

/** The last of each server within a quiet time. */
function answersIn(truth: Truth, from: number, to: number): EntryOf<"answer">[] {
  return truth.settings.servers.flatMap((server) => {
    const last = truth.answersOf(server).findLast((it) => it.askedAt > from && it.at <= to);
    return last ? [last] : [];
  });
}

function serversIn(truth: Truth, { at, name }: EntryOf<"quiet">, over: number): Finding[] {
  if (!isBoundOver(truth, at, over, "agreedInMs")) return ["fine"];
  const answers = answersIn(truth, at, over);
  const told = answers.map(({ epoch, incarnation, endpoint, code, status }) =>
    endpoint ? `${epoch}${incarnation && ` of ${incarnation}`} (${endpoint})` : `${status} ${code}`,
  );
  const isAlike = new Set(told).size === 1 && answers.every(({ endpoint }) => endpoint);
  if (isAlike && answers.length === truth.settings.servers.length) return ["fine"];
  const each = answers.map(({ server }, index) => `${server} ${told[index]}`).join(", ");
  return [{ at: over, what: `${name}: servers still answer differently: ${each || "not at all"}` }];
}

function clientsIn(truth: Truth, { at, name }: EntryOf<"quiet">, over: number): Finding[] {
  if (!isBoundOver(truth, at, over, "backInMs")) return truth.settings.clients.map(() => "fine");
  const active = mostCommon(answersIn(truth, at, over).map(({ endpoint }) => endpoint));
  return truth.settings.clients.map((client): Finding => {
    const last = truth.of("client").findLast((it) => it.client === client && it.at <= over);
    if (last?.endpoint !== undefined && last.endpoint === active) return "fine";
    const where = last?.endpoint === undefined ? "not connected" : `on ${last.endpoint}`;
    return { at: over, what: `${name}: ${client} is ${where}, the active endpoint is ${active}` };
  });
}

/** A quiet time ends as soon as all is well: only one that was too long says anything. */
function isBoundOver(
  truth: Truth,
  from: number,
  to: number,
  bound: "agreedInMs" | "backInMs",
): boolean {
  const processes = [...new Set(truth.entries.map(({ by }) => by))];
  const lagInMs = truth.lagIn({ from, to }, processes);
  return to - from > boundsOf(truth.settings)[bound] + lagInMs;
}

function mostCommon(values: readonly (string | undefined)[]): string | undefined {
  const count = (value: string | undefined): number => values.filter((it) => it === value).length;
  return [...values].sort((a, b) => count(b) - count(a))[0];
}
