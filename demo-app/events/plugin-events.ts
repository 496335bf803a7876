import type { FrequentPubSubEvents, PubSubEvents, ResilientPubSub } from "express-resilient-pubsub";
import type { EventDescription } from "./event-recorder.ts";

type Line = Omit<EventDescription, "kind" | "server">;
type ToldEvents = Omit<PubSubEvents, keyof FrequentPubSubEvents>;
type Lines = { readonly [Name in keyof ToldEvents]: (event: PubSubEvents[Name]) => Line | null };

const bad = (text: string, endpoint?: string): Line => line("bad", text, endpoint);
const good = (text: string, endpoint?: string): Line => line("good", text, endpoint);
const plain = (text: string, endpoint?: string): Line => line("neutral", text, endpoint);

/** Each event of the plugin that does not come with the traffic, in a sentence; null is not worth one. */
const LINES: Lines = {
  endpointUp: ({ endpoint, reason }) =>
    // Without a reason it is the first look at it, which finds what everybody expects.
    reason === undefined
      ? null
      : good(`${endpoint} is healthy again (it was: ${reason})`, endpoint),
  endpointDown: ({ endpoint, reason }) => bad(`${endpoint} is down: ${reason}`, endpoint),
  credentialsRejected: ({ endpoint }) => bad(`${endpoint} refuses the app server's key`, endpoint),
  failover: ({ from, to, reason }) =>
    bad(`Failover: clients are sent to ${to} instead of ${from} (${reason})`, to),
  failback: ({ from, to }) => good(`Failback: clients are sent to ${to} again, not to ${from}`, to),
  failbackPlanned: ({ from, to, afterInMs }) =>
    plain(`${to} calls its clients home from ${from} in ${Math.round(afterInMs / 1000)} s`, from),
  failbackClosing: ({ from, to, closed }) =>
    plain(`Called ${clientsText(closed)} home from ${from} to ${to}`, from),
  failbackDone: ({ from, to, closed }) =>
    good(`All clients of ${to} have left ${from}: ${clientsText(closed)} called home`, from),
  failbackFailed: ({ from, to, error }) =>
    bad(`Cannot call the clients of ${to} home from ${from}: ${nameOf(error)}`, from),
  evacuationStarted: ({ endpoint, connectionsPerSecond }) =>
    plain(`${endpoint} is evacuated, ${clientsText(connectionsPerSecond)} a second`, endpoint),
  evacuationClosing: ({ endpoint, closed }) =>
    plain(`Closed ${clientsText(closed)} on ${endpoint}, which is evacuated`, endpoint),
  evacuationDone: ({ endpoint, closed }) =>
    good(`${endpoint} is evacuated: ${clientsText(closed)} closed`, endpoint),
  evacuationFailed: ({ endpoint, error }) =>
    bad(`Cannot close the clients on ${endpoint}: ${nameOf(error)}`, endpoint),
  evacuationStopped: ({ endpoint, closed }) =>
    plain(`The evacuation of ${endpoint} was stopped after ${clientsText(closed)}`, endpoint),
  allDown: () => bad("No endpoint is left to send clients to"),
  endpointDrained: ({ endpoint }) =>
    plain(`${endpoint} is drained: it gets no new clients`, endpoint),
  endpointUndrained: ({ endpoint }) => good(`${endpoint} gets new clients again`, endpoint),
  failoverForced: ({ endpoint }) => plain(`${endpoint} is preferred by an operator`, endpoint),
  forceCleared: ({ endpoint }) => plain(`${endpoint} is preferred no more`, endpoint),
  endpointAdded: ({ endpoint }) => plain(`${endpoint} was added`, endpoint),
  endpointLeaving: ({ endpoint }) => plain(`${endpoint} is being removed`, endpoint),
  endpointRemoved: ({ endpoint }) => plain(`${endpoint} was removed`, endpoint),
  overloaded: ({ endpoint }) => bad(`${endpoint} gets more clients than it may`, endpoint),
  endpointFull: ({ endpoint, maxClients }) =>
    bad(`${endpoint} has its ${maxClients} clients; new ones go elsewhere`, endpoint),
  deliveryFailed: ({ endpoint, operation, status, code }) =>
    bad(`${endpoint} did not take a ${operation} (${status ?? code ?? "unknown error"})`, endpoint),
  tokenFailed: ({ endpoint, error }) =>
    bad(`${endpoint} gave no token: ${nameOf(error)}`, endpoint),
  agreementChanged: ({ epoch, active, previous }) =>
    plain(
      previous === undefined || previous === active
        ? `Agreement ${epoch}: all clients are sent to ${active}`
        : `Agreement ${epoch}: all clients move from ${previous} to ${active}`,
      active,
    ),
  coordinationLost: ({ error }) => bad(`The store of the agreement is away: ${nameOf(error)}`),
  coordinationRestored: ({ afterInMs }) =>
    good(`The store of the agreement is back after ${Math.round(afterInMs)} ms`),
  historyLost: ({ error }) => bad(`The store of the history is away: ${nameOf(error)}`),
  historyRestored: ({ lostForInMs }) =>
    good(`The history is kept again after ${Math.round(lostForInMs)} ms`),
  metadataDropped: ({ endpoint }) =>
    bad(`${endpoint} does not pass on what travels beside a message`, endpoint),
  recordSpoilt: ({ error }) => bad(`The record of the agreement is spoilt: ${nameOf(error)}`),
  endpointsDiffer: ({ missing, unknown }) =>
    bad(`Another app server knows other endpoints: ${[...missing, ...unknown].join(", ")}`),
  stragglersClosed: ({ endpoint }) =>
    plain(`Closed the clients that were still on ${endpoint}`, endpoint),
  stragglersFailed: ({ endpoint, error }) =>
    bad(`Cannot close the clients that are still on ${endpoint}: ${nameOf(error)}`, endpoint),
  upstreamRefused: ({ code, origin }) =>
    bad(`A call of the upstream route was refused: ${code}, from ${origin || "nobody"}`),
  closeFailed: ({ part, error }) => bad(`Could not end ${part}: ${nameOf(error)}`),
  handlerError: ({ handler, error }) => bad(`${handler} failed: ${nameOf(error)}`),
};

/** Records what one plugin emits. @param region That of its app server. */
export function recordPluginEvents(
  { events }: Pick<ResilientPubSub, "events">,
  region: string,
  record: (event: EventDescription) => void,
): void {
  const recordAll = <Name extends keyof ToldEvents>(kind: Name): void => {
    events.on(kind, (event) => {
      const line = LINES[kind](event);
      if (line) record({ kind, server: region, ...line });
    });
  };
  for (const name of Object.keys(LINES) as (keyof ToldEvents)[]) recordAll(name);
}

function line(tone: Line["tone"] & string, text: string, endpoint?: string): Line {
  return { tone, text, endpoint: endpoint ?? null };
}

export function clientsText(count: number): string {
  return count === 1 ? "1 client" : `${count} clients`;
}

/** Only the name: a message may quote what is secret. */
function nameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? "unknown error");
}
