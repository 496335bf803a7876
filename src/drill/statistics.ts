import type { ClientEvent, DrillMarks } from "./drill-events.ts";

/** Of durations, in milliseconds; zeros where there is none. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p90: number;
  readonly max: number;
}

/** What became of the clients. */
export interface DrillFigures {
  readonly clients: number;
  /** Those that had a connection before the region was broken, by its endpoint. */
  readonly before: Readonly<Record<string, number>>;
  /** Those that had one at the end, by its endpoint. */
  readonly after: Readonly<Record<string, number>>;
  /** Clients that lost their connection from when the region was broken on. */
  readonly affected: number;
  /** Those of them that had none at the end. */
  readonly stranded: number;
  /** How long clients were without a connection, each time. */
  readonly withoutConnection: Distribution;
  /** From when the region was broken until the last affected client had a connection; undefined while one has none. */
  readonly allBackAfterInMs: number | undefined;
  /** How many went from where to where, as `eastus -> westus`. */
  readonly moves: Readonly<Record<string, number>>;
  /** Clients that came back by the connection that they had. */
  readonly sameConnection: number;
  /** What the history said of moves; zeros where there is none. */
  readonly recovered: { readonly yes: number; readonly no: number };
  /** Negotiates without an endpoint, by their status; `none` where there was no answer. */
  readonly failedNegotiates: Readonly<Record<string, number>>;
  /** Attempts to connect that failed, by endpoint. */
  readonly failedConnects: Readonly<Record<string, number>>;
  /** Clients that ended by themselves, by why. */
  readonly ended: Readonly<Record<string, number>>;
}

/** What the events come to. Pure. */
export function figuresOf(
  clients: number,
  events: readonly ClientEvent[],
  marks: DrillMarks,
): DrillFigures {
  const broken = marks.broken ?? marks.ended;
  const ofEach = Array.from({ length: clients }, (_, client) =>
    events.filter((event) => event.client === client),
  );
  const before = ofEach.map((own) => placeAt(own, broken, "before"));
  const after = ofEach.map((own) => placeAt(own, marks.ended, "with"));
  const outages = ofEach.flatMap((own) => outagesOf(own, marks.ended));
  const ofBreak = outages.filter(({ from }) => from >= broken);
  const affected = new Set(ofBreak.map(({ client }) => client));
  const stranded = [...affected].filter((client) => after[client] === undefined).length;
  const lastBack = Math.max(...ofBreak.map(({ to }) => to));
  const of = <K extends ClientEvent["kind"]>(kind: K) =>
    events.filter((event): event is Extract<ClientEvent, { kind: K }> => event.kind === kind);
  const moves = of("moved");
  return {
    clients,
    before: countBy(before),
    after: countBy(after),
    affected: affected.size,
    stranded,
    withoutConnection: distributionOf(ofBreak.map(({ from, to }) => to - from)),
    allBackAfterInMs: affected.size > 0 && stranded === 0 ? lastBack - broken : undefined,
    moves: countBy(moves.map(({ from, to }) => `${from} -> ${to}`)),
    sameConnection: ofBreak.filter(({ isSame }) => isSame).length,
    recovered: {
      yes: moves.filter(({ recovered }) => recovered === true).length,
      no: moves.filter(({ recovered }) => recovered === false).length,
    },
    failedNegotiates: countBy(of("negotiate-failed").map(({ status }) => String(status ?? "none"))),
    failedConnects: countBy(of("connect-failed").map(({ endpoint }) => endpoint)),
    ended: countBy(of("stopped").map(({ code }) => code)),
  };
}

/** The endpoint of a client's connection; what happens at that very moment counts, or does not yet. */
function placeAt(
  own: readonly ClientEvent[],
  moment: number,
  how: "before" | "with",
): string | undefined {
  let place: string | undefined;
  for (const event of own) {
    if (event.at > moment || (how === "before" && event.at === moment)) break;
    if (event.kind === "connected" || event.kind === "back") place = event.endpoint;
    if (event.kind === "lost" || event.kind === "stopped") place = undefined;
  }
  return place;
}

interface Outage {
  readonly client: number;
  readonly from: number;
  /** Its end, or that of the rehearsal. */
  readonly to: number;
  /** Ended by the connection that had been lost. */
  readonly isSame: boolean;
}

function outagesOf(own: readonly ClientEvent[], ended: number): Outage[] {
  const outages: Outage[] = [];
  let lost: number | undefined;
  for (const event of own) {
    if (event.kind === "lost") lost ??= event.at;
    if (lost === undefined || (event.kind !== "back" && event.kind !== "connected")) continue;
    const { client, at, kind } = event;
    outages.push({ client, from: lost, to: at, isSame: kind === "back" });
    lost = undefined;
  }
  const [first] = own;
  if (lost !== undefined && first) {
    outages.push({ client: first.client, from: lost, to: ended, isSame: false });
  }
  return outages;
}

export function distributionOf(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b).map(Math.round);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return {
    count: sorted.length,
    min: sorted[0] ?? 0,
    median: at(0.5),
    p90: at(0.9),
    max: at(1),
  };
}

function countBy(names: readonly (string | undefined)[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b, "en")));
}
