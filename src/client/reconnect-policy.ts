import { maxTimerInMs } from "../kit/max-timer.ts";
import { backoffInMs, retryAfterOf } from "./backoff.ts";
import type { StoppedCode } from "./client-events.ts";
import { disconnectedCodeOf, isEndpointSuspect, mayBeRecovered } from "./connection-ending.ts";
import type { ClientErrorCode, ConnectError, NegotiateError } from "./errors.ts";
import { hasNewerEpoch, mustMove, type NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import type {
  ConnectedState,
  ReconnectDecision as Decision,
  ReconnectEffect as Effect,
  ReconnectEvent as Event,
  ReconnectState,
  Search,
  SearchState,
  ReconnectSettings as Settings,
} from "./reconnect-states.ts";

// A connection that ends sooner counts as another failure: the next one would end just as soon.
const STABLE_AFTER_IN_MS = 5000;
// Of what a server asks to be left alone: those that it told the same shall not all come then.
const RETRY_AFTER_SPREAD = 0.1;
// A server of the plugin tells each client another time, and has a place for it then. As it tells whole seconds,
// many come at the beginning of one unless they add a part of it.
const UNIT_OF_TURNS_IN_MS = 1000;
// What a recovery that is under way is given before the endpoint is reported as failed.
const RECOVERY_HEAD_START_IN_MS = 500;
// An endpoint that refused longer ago may just have been restarting.
const REFUSAL_COUNTS_FOR_IN_MS = 500;

// After these, asking again would be of no use.
const FINAL_ERRORS: { readonly [Code in ClientErrorCode]?: StoppedCode } = {
  ERR_NEGOTIATE_REFUSED: "negotiate-refused",
  ERR_INVALID_OPTIONS: "invalid-request",
};

type Named<States, Name> = States extends { name: infer Names }
  ? Name extends Names
    ? States & { readonly name: Name }
    : never
  : never;
type Typed<Events, Type> = Events extends { type: infer Types }
  ? Type extends Types
    ? Events & { readonly type: Type }
    : never
  : never;
type StateOf<Name extends ReconnectState["name"]> = Named<ReconnectState, Name>;
type EventOf<Type extends Event["type"]> = Typed<Event, Type>;
type Handler<State, Type extends Event["type"]> = (
  state: State,
  event: EventOf<Type>,
  settings: Settings,
) => Decision;
type Handlers<State> = { readonly [Type in Event["type"]]?: Handler<State, Type> };

const whileRecovering: Handlers<SearchState> = {
  recovered: onRecovered,
  "recovery-ended": ({ search, ...state }, { hasAnswered }) => [
    {
      ...state,
      search: {
        ...search,
        isRecovering: false,
        isSuspect: search.isSuspect && !hasAnswered,
      },
    },
    ...lose(search),
  ],
  "recovery-attempt-failed": ({ search, ...state }, event) => [
    { ...state, search: withRefusal(search, event) },
  ],
};

const TRANSITIONS: { readonly [Name in ReconnectState["name"]]: Handlers<StateOf<Name>> } = {
  "waiting-for-turn": {
    ...whileRecovering,
    paused: onTurn,
  },
  "retrying-recovery": {
    ...whileRecovering,
    "recovery-attempt-failed": ({ search }, event) =>
      negotiateAgainst({ search: withRefusal(search, event) }, event),
    paused: negotiateAgainst,
  },
  negotiating: { ...whileRecovering, negotiated: onNegotiated, "attempt-failed": onAttemptFailed },
  "preferring-recovery": {
    ...whileRecovering,
    "recovery-attempt-failed": onRecoveryOverdue,
    paused: onRecoveryOverdue,
  },
  connecting: {
    ...whileRecovering,
    connected: ({ search, target }) => [
      { name: "connected", failures: search.failures, at: target },
      ...endRecovery(search),
      { type: "connected" },
    ],
    "attempt-failed": onAttemptFailed,
  },
  "backing-off": {
    ...whileRecovering,
    // Where negotiate has named its endpoint, it is tried when that is named again.
    paused: (state, event, settings) =>
      state.search.isRecovering && !state.search.isConfirmed
        ? onTurn(state, event, settings)
        : negotiate(state.search),
  },
  connected: { ended: onConnectionEnded, "advised-to-move": onAdvisedToMove },
  "waiting-to-confirm": { ended: onConnectionEnded, paused: confirm },
  confirming: {
    ended: onConnectionEnded,
    negotiated: (state, { target }) => [
      mustMove(state.at, target)
        ? { ...state, name: "leaving", target }
        : { ...state, name: "connected" },
    ],
    // There is a connection, after all.
    "attempt-failed": (state) => [{ ...state, name: "connected" }],
  },
  leaving: {
    ended: ({ target }) =>
      connect(target, INITIAL_STATE.search, { type: "dropped" }, { type: "lost", code: "moved" }),
  },
  stopped: {},
};

export const INITIAL_STATE: StateOf<"negotiating"> = {
  name: "negotiating",
  search: { failures: 0, failed: [] },
};

/**
 * What a client does to have a connection, and to get another when one ends: which state follows on
 * an event, and what is to be done. docs/client.md has it as a table. What a state does not expect
 * changes nothing.
 */
export function next(state: ReconnectState, event: Event, settings: Settings): Decision {
  if (event.type === "stop-requested") {
    return [{ name: "stopped", code: event.code }];
  }
  // Each handler takes the state and the event that it is found by.
  const handler = TRANSITIONS[state.name][event.type] as
    | ((state: ReconnectState, event: Event, settings: Settings) => Decision)
    | undefined;
  return handler?.(state, event, settings) ?? [state];
}

function onConnectionEnded(
  state: ConnectedState,
  { now, ending, openedAt, isRecoverable, spread, backoff }: EventOf<"ended">,
  settings: Settings,
): Decision {
  const failures = now - openedAt > STABLE_AFTER_IN_MS ? 0 : state.failures + 1;
  const isRecovering = isRecoverable && settings.recoveryTimeoutInMs > 0 && mayBeRecovered(ending);
  const search: Search = {
    failures,
    failed: [],
    last: { ...state.at, code: disconnectedCodeOf(ending) },
    isSuspect: isEndpointSuspect(ending),
    isRecovering,
  };
  // Out of silence no recovery is answered soon, and all would negotiate when they give it up.
  const minInMs = isRecovering && ending.cause === "silent" ? RECOVERY_HEAD_START_IN_MS : 0;
  // Those who are closed one after the other do not come together.
  const isAlone = ending.cause === "closed" && ending.isPaced;
  const turnInMs = isAlone ? 0 : minInMs + spread * settings.reconnectSpreadInMs;
  const inMs = Math.max(turnInMs, backoffInMs(settings, failures, backoff));
  // A connection that is cut whenever it goes on must not go on as fast as it can.
  const recover: Effect = { type: "start-recovery", failures: Math.max(0, failures - 1) };
  return [
    { name: "waiting-for-turn", search, pause: { inMs } },
    { type: "dropped" },
    ...(isRecovering ? [recover] : lose(search)),
  ];
}

/** Tries to recover once more, and then negotiates. */
function onTurn(
  state: StateOf<"waiting-for-turn" | "backing-off">,
  event: Event,
  { autoReconnect }: Settings,
): Decision {
  const { search } = state;
  const { now, attemptedAt = now } = event;
  const { isRecovering, refusedAt = Number.NEGATIVE_INFINITY } = search;
  if (!isRecovering) return negotiateAgainst({ search }, event);
  // Only the old connection is wanted.
  if (!autoReconnect) return [state];
  // Another attempt would cost as much as a connection.
  if (now - refusedAt < REFUSAL_COUNTS_FOR_IN_MS) return negotiateAgainst({ search }, event);
  const inMs = Math.max(0, RECOVERY_HEAD_START_IN_MS - (now - attemptedAt));
  return [{ name: "retrying-recovery", search, pause: { inMs } }];
}

function onNegotiated(
  { search }: SearchState,
  { target, now }: EventOf<"negotiated">,
  { handshakeTimeoutInMs }: Settings,
): Decision {
  const { isRecovering, last, preferredUntil = now + handshakeTimeoutInMs } = search;
  if (!isRecovering || !last) return connect(target, search);
  if (hasNewerEpoch(last, target)) {
    // The service may remember the connection as of before all others had left and come back.
    return connect(target, { ...search, isRecovering: false }, ...endRecovery(search));
  }
  if (mustMove(last, target)) return connect(target, { ...search, isConfirmed: false });
  return [
    {
      name: "preferring-recovery",
      search: { ...search, isConfirmed: true, preferredUntil },
      target,
      pause: { inMs: Math.max(0, preferredUntil - now) },
    },
  ];
}

/**
 * Negotiate names the endpoint, so nothing need be lost. But while that refuses, it may be about to
 * be taken out, and negotiate is asked again: at once by whoever has not complained yet. An attempt
 * that it has let in takes its time: a large message may be the first thing to come.
 */
function onRecoveryOverdue(
  state: StateOf<"preferring-recovery">,
  event: Event,
  settings: Settings,
): Decision {
  const { target, search } = state;
  const { now, backoff } = event;
  const { preferredUntil = now, ...undecided } = search;
  const isAlive = isAnswering(search, event);
  if (isAlive && event.type === "paused") return [state];
  if (!search.isRecovering || (now >= preferredUntil && !isAlive)) return connect(target, search);
  const refusals = (search.refusals ?? 0) + 1;
  const suspect = suspectOf(event, target.endpoint);
  const isAtOnce = suspect && isFirstComplaint(search, refusals);
  const failed = including(search.failed, suspect);
  return [
    {
      name: "backing-off",
      search: { ...(isAlive ? undecided : search), refusals, failed },
      pause: { inMs: isAtOnce ? 0 : backoffInMs(settings, refusals, backoff) },
    },
  ];
}

function onAttemptFailed(
  { search }: SearchState,
  { error, endpoint, backoff }: EventOf<"attempt-failed">,
  settings: Settings,
): Decision {
  const code = FINAL_ERRORS[error.code];
  if (code) {
    return [
      { name: "stopped", code },
      { type: "stopped", code, error },
    ];
  }
  const failures = search.failures + 1;
  const minInMs = retryAfterOf(error);
  const suspect = suspectOf(error, endpoint);
  const isAtOnce = suspect && isFirstComplaint(search, failures);
  const hasTurn = (error as Partial<NegotiateError>).isTurn && minInMs >= UNIT_OF_TURNS_IN_MS;
  const backoffPauseInMs = isAtOnce ? 0 : backoffInMs(settings, failures, backoff);
  const moreInMs = hasTurn
    ? backoff * UNIT_OF_TURNS_IN_MS
    : Math.max(backoff * RETRY_AFTER_SPREAD * minInMs, backoffPauseInMs);
  const retryInMs = Math.min(maxTimerInMs, minInMs + moreInMs);
  const failed = including(search.failed, suspect);
  return [
    {
      name: "backing-off",
      search: { ...search, failures, failed },
      pause: { inMs: retryInMs, minInMs },
    },
    { type: "connect-failed", args: { error, retryInMs, ...(endpoint && { endpoint }) } },
  ];
}

/** Whoever wants no other connection keeps this one for as long as it lasts. */
function onAdvisedToMove(state: ConnectedState, _: Event, { autoReconnect }: Settings): Decision {
  return autoReconnect ? confirm(state) : [state];
}

/** Asks negotiate, without a complaint, whether the client is where it belongs. */
function confirm({ failures, at }: ConnectedState): Decision {
  return [{ name: "confirming", failures, at }];
}

function onRecovered(
  state: SearchState,
  { spread }: Event,
  { reconnectSpreadInMs }: Settings,
): Decision {
  const { failures, isConfirmed, last: at } = state.search;
  if (!at) return [state];
  // A cut that was mended may have asked nobody whether the endpoint is still the right one.
  return [
    isConfirmed
      ? { name: "connected", failures, at }
      : { name: "waiting-to-confirm", failures, at, pause: { inMs: spread * reconnectSpreadInMs } },
    { type: "recovered" },
  ];
}

/** Negotiates, and complains about the endpoint that the client comes from, if there is reason to. */
function negotiateAgainst({ search }: { readonly search: Search }, event: Event): Decision {
  const { failed, isSuspect, last } = search;
  const isToBlame = isSuspect && !isAnswering(search, event);
  return negotiate(isToBlame ? { ...search, failed: including(failed, last?.endpoint) } : search);
}

/** One that fell silent, at its health route as well, is not trusted for opening a socket. */
function isAnswering({ isSuspect, last }: Search, { isLetIn }: Event): boolean {
  return Boolean(isLetIn) && !(isSuspect && last?.code === "keep-alive-timeout");
}

const negotiate = (search: Search): Decision => [{ name: "negotiating", search }];

const connect = (target: NegotiatedEndpoint, search: Search, ...effects: Effect[]): Decision => [
  { name: "connecting", search, target },
  ...effects,
];

const lose = ({ last }: Search): Effect[] => (last ? [{ type: "lost", code: last.code }] : []);

/** The endpoint, if what came of an attempt says something against it. */
const suspectOf = (outcome: object, endpoint?: string): string | undefined =>
  (outcome as Partial<ConnectError>).isEndpointSuspect ? endpoint : undefined;

/** The first that is refused at the door asks for another at once. */
const isFirstComplaint = ({ failed }: Search, failures: number): boolean =>
  failures === 1 && failed.length === 0;

/** With the recovery, what the service knew of the connection is lost. */
const endRecovery = (search: Search): Effect[] => (search.isRecovering ? lose(search) : []);

/** Unless nothing speaks against the endpoint. */
const withRefusal = (
  search: Search,
  { isEndpointSuspect, now }: EventOf<"recovery-attempt-failed">,
): Search => (isEndpointSuspect ? { ...search, refusedAt: now } : search);

function including(failed: readonly string[], endpoint?: string): readonly string[] {
  return !endpoint || failed.includes(endpoint) ? failed : [...failed, endpoint];
}
