import type { PubSubEvents } from "../contract/events.ts";
import type { FrequentPubSubEvents } from "../contract/frequent-events.ts";
import { describeError } from "../service/describe-error.ts";
import {
  failureInWords,
  outcomeInWords,
  REJECTED,
  remedyFor,
  remedyForCall,
} from "./failure-words.ts";
import { inWords, type LogLevel, type LogLine, quoted } from "./log-line.ts";

type Logged = Omit<PubSubEvents, keyof FrequentPubSubEvents>;
type EventLines = {
  readonly [Name in keyof Logged]: (event: PubSubEvents[Name]) => LogLine | undefined;
};

const told =
  (level: LogLevel) =>
  (what: string, remedy?: string, alike?: string): LogLine => ({ level, what, remedy, alike });

const error = told("error");
const warn = told("warn");
const info = told("info");

/** The code of an error, or the kind of what failed; never its text. */
const why = (thrown: unknown): string => describeError(thrown).message;

const ORDERS: readonly string[] = ["drained", "forced", "removed"];

/**
 * What each event is to those who read the log. What ends a warning is a warning as well, so that
 * whoever has seen the one sees the other.
 */
export const EVENT_LINES: EventLines = {
  endpointUp: ({ endpoint, reason, downForInMs = 0 }) =>
    reason === undefined
      ? info(`${quoted(endpoint)} is healthy`)
      : warn(
          `${quoted(endpoint)} is up again; it was down for ${inWords(downForInMs)} (${reason})`,
        ),
  endpointDown: ({ endpoint, reason, failure, upForInMs }) => {
    // `credentialsRejected` has told.
    if (reason === "credentials-rejected") return undefined;
    const since =
      upForInMs === undefined ? "has not been up yet" : `was up for ${inWords(upForInMs)}`;
    const last = failure ? `: ${failureInWords(failure)}` : "";
    return warn(`${quoted(endpoint)} is down (${reason})${last}; it ${since}`, remedyFor(reason));
  },
  credentialsRejected: ({ endpoint, clockSkewInMs }) =>
    error(
      `${quoted(endpoint)} refuses the credentials, so it is not used`,
      clockSkewInMs === undefined
        ? REJECTED
        : `the clock of this server is ${inWords(Math.abs(clockSkewInMs))} ${clockSkewInMs > 0 ? "ahead" : "behind"}, so set that`,
    ),
  failover: ({ from, to, reason }) => {
    const tell = ORDERS.includes(reason) ? info : warn;
    return tell(`clients of ${quoted(from)} are sent to ${quoted(to)} from now on (${reason})`);
  },
  failback: ({ from, to }) =>
    warn(`clients are sent to ${quoted(to)} again, and no longer to ${quoted(from)}`),
  failbackPlanned: ({ from, to, afterInMs, ...plan }) =>
    info(
      `clients of ${quoted(to)} leave ${quoted(from)} in ${inWords(afterInMs)}: ${planInWords(plan)}`,
    ),
  failbackClosing: ({ from, to, closed }) =>
    info(
      `${closed} clients of ${quoted(to)} were closed on ${quoted(from)}, to return`,
      undefined,
      `${from} ${to}`,
    ),
  failbackDone: ({ from, to, closed }) =>
    info(`no client of ${quoted(to)} is left on ${quoted(from)}; ${closed} were closed`),
  failbackFailed: ({ from, to, error }) =>
    warn(
      `clients of ${quoted(to)} on ${quoted(from)} could not be closed: ${why(error)}`,
      "it goes on; if it repeats, see why calls to that endpoint fail",
      `${from} ${to}`,
    ),
  evacuationStarted: ({ endpoint, ...plan }) =>
    info(`${quoted(endpoint)} is evacuated: ${planInWords(plan)}`),
  evacuationClosing: ({ endpoint, closed }) =>
    info(`${closed} clients of ${quoted(endpoint)} were closed to empty it`, undefined, endpoint),
  evacuationDone: ({ endpoint, closed }) =>
    info(`${quoted(endpoint)} is empty; ${closed} clients were closed`),
  evacuationFailed: ({ endpoint, error }) =>
    warn(
      `clients of ${quoted(endpoint)}, which is evacuated, could not be closed: ${why(error)}`,
      "it goes on; if it repeats, see why calls to that endpoint fail",
      endpoint,
    ),
  evacuationStopped: ({ endpoint, closed }) =>
    warn(`the evacuation of ${quoted(endpoint)} ended before it was empty; ${closed} were closed`),
  allDown: ({ endpoints }) => {
    const reasons = endpoints.map(({ endpoint, reason }) => `${quoted(endpoint)}: ${reason}`);
    return error(
      `no endpoint is left that clients can be sent to (${reasons.join(", ")}); they are told to ask again`,
      'bring one back: undrain, repair, or add one; whenNoneHealthy: "primary" sends them to the primary all the same',
    );
  },
  endpointDrained: ({ endpoint }) => info(`${quoted(endpoint)} is drained: no new clients`),
  endpointUndrained: ({ endpoint }) => info(`${quoted(endpoint)} is drained no more`),
  failoverForced: ({ endpoint }) => info(`${quoted(endpoint)} is preferred by order`),
  forceCleared: ({ endpoint }) => info(`${quoted(endpoint)} is preferred no more`),
  endpointAdded: ({ endpoint }) => info(`${quoted(endpoint)} was added`),
  endpointLeaving: ({ endpoint }) => info(`${quoted(endpoint)} was removed: no new clients`),
  endpointRemoved: ({ endpoint }) => info(`${quoted(endpoint)} is gone for broadcasts as well`),
  overloaded: ({ endpoint }) =>
    warn(
      `more clients come for ${quoted(endpoint)} than negotiate.maxPerSecond lets through; the others wait`,
      "scale that endpoint, then raise the limit; it is spread by itself, if nobody else comes",
      endpoint,
    ),
  endpointFull: ({ endpoint, clients, maxClients }) =>
    warn(
      `${quoted(endpoint)} has ${clients} clients, and its maxClients is ${maxClients}; new ones go elsewhere, as far as there is room`,
      "scale that endpoint, then raise maxClients; or add an endpoint",
      endpoint,
    ),
  deliveryFailed: ({ endpoint, operation, reason, status, code }) =>
    warn(
      `${operation} to ${quoted(endpoint)} ${outcomeInWords({ status, code })}, so its clients miss it`,
      remedyForCall(reason, { status, code }),
      `${endpoint} ${status ?? code ?? reason}`,
    ),
  tokenFailed: ({ endpoint, reason, status, code }) =>
    warn(
      `client token of ${quoted(endpoint)} ${outcomeInWords({ status, code })}, so the next endpoint was asked`,
      reason === "refused-message"
        ? "look at the user's id, roles and groups"
        : remedyForCall(reason, { status, code }),
      `${endpoint} ${status ?? code ?? reason}`,
    ),
  agreementChanged: ({ epoch, active, previous, reason }) => {
    const tell = reason === "first" || reason === "switched" ? info : warn;
    const before = previous === undefined ? "" : `, and no longer to ${quoted(previous)}`;
    return tell(
      `all clients are sent to ${quoted(active)}${before} (agreement ${epoch}, ${reason})`,
    );
  },
  coordinationLost: ({ error: thrown }) =>
    error(
      `the store of the agreement does not answer: ${why(thrown)}; this server goes on with the last agreement`,
      "bring the store back: until then this server follows no failover",
    ),
  coordinationRestored: ({ afterInMs }) =>
    error(`the store of the agreement answers again after ${inWords(afterInMs)}`),
  recordSpoilt: ({ error: thrown }) =>
    error(
      `the record in the store cannot be true, and was replaced: ${why(thrown)}`,
      "find out who else writes there",
    ),
  endpointsDiffer: ({ server, missing, unknown }) =>
    warn(
      `server ${quoted(server)} was given other endpoints than this one (it lacks ${names(missing)}, and has ${names(unknown)})`,
      "give all servers the same; during a deploy it goes away by itself",
    ),
  stragglersClosed: ({ endpoint, epoch }) =>
    info(
      `clients were closed on ${quoted(endpoint)}, which is not the active endpoint (agreement ${epoch})`,
      undefined,
      endpoint,
    ),
  stragglersFailed: ({ endpoint, error: thrown }) =>
    warn(
      `clients that may be left on ${quoted(endpoint)} could not be closed: ${why(thrown)}`,
      "it goes on; if that endpoint is up, see why calls to it fail",
    ),
  historyLost: ({ error: thrown }) =>
    error(
      `the store of the history is away: ${why(thrown)}; messages are sent, but nobody can catch up with them`,
      "look at redis: is it up, full, failing over, or slower than history.appendTimeoutInMs?",
    ),
  historyRestored: ({ lostForInMs }) =>
    error(`the history is kept again after ${inWords(lostForInMs)}`),
  metadataDropped: ({ endpoint }) =>
    error(
      `${quoted(endpoint)} does not pass message metadata on, so clients with continuity are given messages twice`,
      'give history.carrier: "data" on all servers',
    ),
  upstreamRefused: ({ code, origin, remedy, count }) =>
    warn(
      `${count === 1 ? "a call of the upstream route was" : `${count} calls of the upstream route were`} refused with ${code}, from ${origin === "" ? "nobody known" : quoted(origin)}`,
      `if that is your service: ${remedy}`,
      code,
    ),
  closeFailed: ({ part, error: thrown }) =>
    error(
      `${part} could not be ended: ${why(thrown)}`,
      part === "drain" ? "give close a longer drainInMs" : undefined,
    ),
  handlerError: ({ handler, error: thrown }) =>
    error(
      `${handler} failed: ${why(thrown)}`,
      'the application\'s own code; a "handlerError" listener is given the error itself',
      `${handler} ${describeError(thrown).message}`,
    ),
};

const names = (all: readonly string[]): string =>
  all.length === 0 ? "none" : all.map(quoted).join(", ");

interface ClosingPlan {
  readonly connectionsPerSecond: number;
  readonly clients: number | undefined;
  readonly expectedInMs: number | undefined;
}

function planInWords({ connectionsPerSecond, clients, expectedInMs }: ClosingPlan): string {
  const pace = `${connectionsPerSecond} a second`;
  if (clients === undefined || expectedInMs === undefined) return pace;
  return `${pace}; this server's ${clients} take ${inWords(expectedInMs)}`;
}
