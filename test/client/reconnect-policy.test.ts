import { ConnectError, NegotiateError } from "../../src/client/errors.ts";
import { INITIAL_STATE, next } from "../../src/client/reconnect-policy.ts";
import type {
  ReconnectEffect,
  ReconnectEvent,
  ReconnectOccurrence,
  ReconnectState,
  Search,
} from "../../src/client/reconnect-states.ts";

const settings = {
  autoReconnect: true,
  handshakeTimeoutInMs: 5000,
  recoveryTimeoutInMs: 30_000,
  reconnectSpreadInMs: 1000,
  retryDelayInMs: 500,
  maxRetryDelayInMs: 15_000,
};
const NOW = 100_000;

type Happening = ReconnectOccurrence & Partial<Omit<ReconnectEvent, "type">>;

/** The event at a fixed time; its random numbers are a half. */
const decide = (state: ReconnectState, happening: Happening, changes = {}) =>
  next(state, { now: NOW, spread: 0.5, backoff: 0.5, ...happening }, { ...settings, ...changes });

const east = { url: "wss://east", endpoint: "east", epoch: 2 };
const west = { url: "wss://west", endpoint: "west", epoch: 2 };
const last = { endpoint: "east", epoch: 2, code: "connection-lost" } as const;
const LOST: ReconnectEffect = { type: "lost", code: "connection-lost" };

const first: Search = { failures: 0, failed: [] };
/** After a cut; the service may still know the connection. */
const cut: Search = { failures: 0, failed: [], last, isSuspect: true, isRecovering: true };
const over: Search = { ...cut, isRecovering: false };
const connected = { name: "connected", failures: 0, at: east } as const;
const pause = { inMs: 1 };

type Row = [string, ReconnectState, Happening, ReturnType<typeof next>];

const ended = (
  ending: Extract<ReconnectOccurrence, { type: "ended" }>["ending"],
  lastedInMs = 60_000,
  isRecoverable = true,
): Happening => ({ type: "ended", ending, openedAt: NOW - lastedInMs, isRecoverable });

describe("reconnect policy: a connection that ends", () => {
  const waiting = (search: Search, inMs: number): ReconnectState => ({
    name: "waiting-for-turn",
    search,
    pause: { inMs },
  });
  it.each<Row>([
    [
      "by a cut is recovered while the client waits for its turn",
      connected,
      ended({ cause: "closed", code: 1006 }),
      [
        waiting({ ...cut, last: { ...east, code: "connection-lost" } }, 500),
        { type: "dropped" },
        { type: "start-recovery", failures: 0 },
      ],
    ],
    [
      "in silence gives the recovery a head start",
      connected,
      ended({ cause: "silent" }),
      [
        waiting({ ...cut, last: { ...east, code: "keep-alive-timeout" } }, 1000),
        { type: "dropped" },
        { type: "start-recovery", failures: 0 },
      ],
    ],
    [
      "for good is lost at once, and nothing is said against the endpoint",
      connected,
      ended({ cause: "closed", code: 1000 }),
      [
        waiting({ ...over, isSuspect: false, last: { ...east, code: "closed-by-service" } }, 500),
        { type: "dropped" },
        { type: "lost", code: "closed-by-service" },
      ],
    ],
    [
      "because clients are moved one after the other is followed by a negotiate at once",
      connected,
      ended({ cause: "closed", code: 1000, isPaced: true }),
      [
        waiting({ ...over, isSuspect: false, last: { ...east, code: "closed-by-service" } }, 0),
        { type: "dropped" },
        { type: "lost", code: "closed-by-service" },
      ],
    ],
    [
      "without a token to recover it is lost at once",
      connected,
      ended({ cause: "closed", code: 1006 }, 60_000, false),
      [
        waiting({ ...over, last: { ...east, code: "connection-lost" } }, 500),
        { type: "dropped" },
        LOST,
      ],
    ],
    [
      "within 5 s counts as a failure, and the next attempt backs off",
      { ...connected, failures: 2 },
      ended({ cause: "closed", code: 1006 }, 4000),
      [
        waiting({ ...cut, failures: 3, last: { ...east, code: "connection-lost" } }, 1000),
        { type: "dropped" },
        { type: "start-recovery", failures: 2 },
      ],
    ],
    [
      "because the client leaves is followed by the endpoint that negotiate has named",
      { ...connected, name: "leaving", target: west },
      ended({ cause: "left" }),
      [
        { name: "connecting", search: first, target: west },
        { type: "dropped" },
        { type: "lost", code: "moved" },
      ],
    ],
  ])("%s", (_, state, happening, decision) => {
    expect(decide(state, happening)).toEqual(decision);
  });

  it("a connection that ends is not recovered when recoveryTimeoutInMs is 0", () => {
    const decision = decide(connected, ended({ cause: "closed", code: 1006 }), {
      recoveryTimeoutInMs: 0,
    });
    expect(decision.slice(1)).toEqual([{ type: "dropped" }, LOST]);
  });
});

describe("reconnect policy: a client that searches and recovers", () => {
  const negotiating = (search: Search): ReconnectState => ({ name: "negotiating", search });
  const connecting = (search: Search, target = east): ReconnectState => ({
    name: "connecting",
    search,
    target,
  });
  const refused = new NegotiateError("no", { status: 401 });
  const busy = new NegotiateError("busy", { status: 503, retryAfterInMs: 2000 });
  const away = new NegotiateError("away", { status: 503, retryAfterInMs: 86_400_000 });
  const turn = new NegotiateError("later", { retryAfterInMs: 1_000_000, isTurn: true });
  const soon = new NegotiateError("soon", { retryAfterInMs: 10, isTurn: true });
  const shut = new ConnectError("east", "was closed");
  const preferring = (search: Search): ReconnectState => ({
    name: "preferring-recovery",
    search,
    target: east,
    pause,
  });
  const preferred = { ...cut, isConfirmed: true, preferredUntil: NOW + 5000 };
  it.each<Row>([
    [
      "tries the recovery again when its turn has come",
      { name: "waiting-for-turn", search: cut, pause },
      { type: "paused" },
      [{ name: "retrying-recovery", search: cut, pause: { inMs: 500 } }],
    ],
    [
      "waits less for an attempt that is under way",
      { name: "waiting-for-turn", search: cut, pause },
      { type: "paused", attemptedAt: NOW - 200 },
      [{ name: "retrying-recovery", search: cut, pause: { inMs: 300 } }],
    ],
    [
      "names the suspect endpoint as failed when nothing is left to recover",
      { name: "waiting-for-turn", search: over, pause },
      { type: "paused" },
      [negotiating({ ...over, failed: ["east"] })],
    ],
    [
      "negotiates when the last try is refused",
      { name: "retrying-recovery", search: cut, pause },
      { type: "recovery-attempt-failed", isEndpointSuspect: true },
      [negotiating({ ...cut, refusedAt: NOW, failed: ["east"] })],
    ],
    [
      "remembers when an attempt was refused",
      { name: "waiting-for-turn", search: cut, pause },
      { type: "recovery-attempt-failed", isEndpointSuspect: true },
      [{ name: "waiting-for-turn", search: { ...cut, refusedAt: NOW }, pause }],
    ],
    [
      "holds nothing against an endpoint when an attempt failed for want of a network",
      { name: "waiting-for-turn", search: cut, pause },
      { type: "recovery-attempt-failed", isEndpointSuspect: false },
      [{ name: "waiting-for-turn", search: cut, pause }],
    ],
    [
      "negotiates at its turn when it has just been refused",
      { name: "waiting-for-turn", search: { ...cut, refusedAt: NOW - 499 }, pause },
      { type: "paused" },
      [negotiating({ ...cut, refusedAt: NOW - 499, failed: ["east"] })],
    ],
    [
      "tries once more at its turn when it was refused a while ago",
      { name: "waiting-for-turn", search: { ...cut, refusedAt: NOW - 500 }, pause },
      { type: "paused" },
      [
        {
          name: "retrying-recovery",
          search: { ...cut, refusedAt: NOW - 500 },
          pause: { inMs: 500 },
        },
      ],
    ],
    [
      "tries the recovery first when nobody has answered where to go",
      { name: "backing-off", search: { ...cut, failures: 1 }, pause },
      { type: "paused" },
      [{ name: "retrying-recovery", search: { ...cut, failures: 1 }, pause: { inMs: 500 } }],
    ],
    [
      "asks negotiate first when that has named the endpoint in spite of all",
      { name: "backing-off", search: { ...preferred, refusals: 1 }, pause },
      { type: "paused" },
      [negotiating({ ...preferred, refusals: 1 })],
    ],
    [
      "does not complain about an endpoint that has answered",
      { name: "retrying-recovery", search: cut, pause },
      { type: "recovery-ended", hasAnswered: true },
      [{ name: "retrying-recovery", search: { ...over, isSuspect: false }, pause }, LOST],
    ],
    [
      "keeps waiting for its turn when the recovery ends",
      { name: "waiting-for-turn", search: cut, pause },
      { type: "recovery-ended", hasAnswered: false },
      [{ name: "waiting-for-turn", search: over, pause }, LOST],
    ],
    [
      "connects where negotiate says",
      INITIAL_STATE,
      { type: "negotiated", target: west },
      [connecting(first, west)],
    ],
    [
      "connects elsewhere while the recovery goes on",
      negotiating(cut),
      { type: "negotiated", target: west },
      [connecting({ ...cut, isConfirmed: false }, west)],
    ],
    [
      "gives the recovery up for a newer epoch",
      negotiating(cut),
      { type: "negotiated", target: { ...east, epoch: 3 } },
      [connecting(over, { ...east, epoch: 3 }), LOST],
    ],
    [
      "prefers the recovery when negotiate names the same endpoint",
      negotiating(cut),
      { type: "negotiated", target: east },
      [{ name: "preferring-recovery", search: preferred, target: east, pause: { inMs: 5000 } }],
    ],
    [
      "does not start that time anew",
      negotiating({ ...cut, preferredUntil: NOW + 7 }),
      { type: "negotiated", target: east },
      [
        {
          name: "preferring-recovery",
          search: { ...preferred, preferredUntil: NOW + 7 },
          target: east,
          pause: { inMs: 7 },
        },
      ],
    ],
    [
      "complains at once when the preferred recovery is the first to be refused",
      preferring(preferred),
      { type: "recovery-attempt-failed", isEndpointSuspect: true },
      [
        {
          name: "backing-off",
          search: { ...preferred, refusals: 1, failed: ["east"] },
          pause: { inMs: 0 },
        },
      ],
    ],
    [
      "asks negotiate again after a pause when it named the endpoint in spite of a complaint",
      preferring({ ...preferred, failed: ["east"] }),
      { type: "recovery-attempt-failed", isEndpointSuspect: true },
      [
        {
          name: "backing-off",
          search: { ...preferred, refusals: 1, failed: ["east"] },
          pause: { inMs: 250 },
        },
      ],
    ],
    [
      "does not complain when the preferred recovery failed for want of a network",
      preferring(preferred),
      { type: "recovery-attempt-failed", isEndpointSuspect: false },
      [{ name: "backing-off", search: { ...preferred, refusals: 1 }, pause: { inMs: 250 } }],
    ],
    [
      "does not complain when the page comes back while it prefers the recovery",
      preferring(preferred),
      { type: "paused" },
      [{ name: "backing-off", search: { ...preferred, refusals: 1 }, pause: { inMs: 250 } }],
    ],
    [
      "connects anew when the preferred recovery takes too long",
      preferring({ ...preferred, preferredUntil: NOW }),
      { type: "paused" },
      [connecting({ ...preferred, preferredUntil: NOW })],
    ],
    [
      "connects anew when the preferred recovery has ended",
      preferring(over),
      { type: "recovery-attempt-failed", isEndpointSuspect: false },
      [connecting(over)],
    ],
    [
      "stops when negotiate refuses",
      negotiating(cut),
      { type: "attempt-failed", error: refused },
      [
        { name: "stopped", code: "negotiate-refused" },
        { type: "stopped", code: "negotiate-refused", error: refused },
      ],
    ],
    [
      "backs off for as long as Retry-After says, and more",
      negotiating(first),
      { type: "attempt-failed", error: busy },
      [
        {
          name: "backing-off",
          search: { ...first, failures: 1 },
          pause: { inMs: 2250, minInMs: 2000 },
        },
        { type: "connect-failed", args: { error: busy, retryInMs: 2250 } },
      ],
    ],
    [
      "does not come back with all that were told the same Retry-After, nor much later",
      negotiating(first),
      { type: "attempt-failed", error: away, backoff: 0.5 },
      [
        {
          name: "backing-off",
          search: { ...first, failures: 1 },
          pause: { inMs: 1_890_000, minInMs: 1_800_000 },
        },
        { type: "connect-failed", args: { error: away, retryInMs: 1_890_000 } },
      ],
    ],
    [
      "keeps to its turn, however often it was refused before",
      negotiating({ ...first, failures: 9 }),
      { type: "attempt-failed", error: turn, backoff: 0.5 },
      [
        {
          name: "backing-off",
          search: { ...first, failures: 10 },
          pause: { inMs: 1_000_500, minInMs: 1_000_000 },
        },
        { type: "connect-failed", args: { error: turn, retryInMs: 1_000_500 } },
      ],
    ],
    [
      "backs off from a server whose turns come at once",
      negotiating({ ...first, failures: 9 }),
      { type: "attempt-failed", error: soon, backoff: 0.5 },
      [
        {
          name: "backing-off",
          search: { ...first, failures: 10 },
          pause: { inMs: 7510, minInMs: 10 },
        },
        { type: "connect-failed", args: { error: soon, retryInMs: 7510 } },
      ],
    ],
    [
      "does not pause after the first endpoint that lets it not in",
      connecting(first),
      { type: "attempt-failed", error: shut, endpoint: "east" },
      [
        {
          name: "backing-off",
          search: { ...first, failures: 1, failed: ["east"] },
          pause: { inMs: 0, minInMs: 0 },
        },
        { type: "connect-failed", args: { error: shut, retryInMs: 0, endpoint: "east" } },
      ],
    ],
    [
      "negotiates when it has backed off",
      { name: "backing-off", search: { ...first, failures: 1 }, pause },
      { type: "paused" },
      [negotiating({ ...first, failures: 1 })],
    ],
    [
      "loses the old connection with the new one",
      connecting(cut, west),
      { type: "connected" },
      [{ name: "connected", failures: 0, at: west }, LOST, { type: "connected" }],
    ],
    [
      "reviews a recovered connection that negotiate has not confirmed",
      connecting(cut, west),
      { type: "recovered" },
      [
        { name: "waiting-to-confirm", failures: 0, at: last, pause: { inMs: 500 } },
        { type: "recovered" },
      ],
    ],
    [
      "reviews no recovered connection that negotiate has confirmed",
      preferring(preferred),
      { type: "recovered" },
      [{ name: "connected", failures: 0, at: last }, { type: "recovered" }],
    ],
  ])("%s", (_, state, happening, decision) => {
    expect(decide(state, happening)).toEqual(decision);
  });
});

describe("reconnect policy: a confirmation", () => {
  const confirming = { ...connected, name: "confirming" } as const;
  it.each<Row>([
    [
      "begins when an app server advises to move, without a complaint",
      connected,
      { type: "advised-to-move" },
      [confirming],
    ],
    [
      "begins when its moment has come",
      { ...connected, name: "waiting-to-confirm", pause },
      { type: "paused" },
      [confirming],
    ],
    [
      "that names the same endpoint changes nothing",
      confirming,
      { type: "negotiated", target: east },
      [connected],
    ],
    [
      "that names another endpoint makes the client leave",
      confirming,
      { type: "negotiated", target: west },
      [{ ...connected, name: "leaving", target: west }],
    ],
    [
      "without an answer changes nothing",
      confirming,
      { type: "attempt-failed", error: new NegotiateError("no", { status: 401 }) },
      [connected],
    ],
  ])("%s", (_, state, happening, decision) => {
    expect(decide(state, happening)).toEqual(decision);
  });
});

const states: ReconnectState[] = [
  ...(["waiting-for-turn", "retrying-recovery", "backing-off"] as const).map((name) => ({
    name,
    search: cut,
    pause,
  })),
  { name: "preferring-recovery", search: cut, target: east, pause },
  { name: "negotiating", search: cut },
  { name: "connecting", search: cut, target: east },
  connected,
  { ...connected, name: "waiting-to-confirm", pause },
  { ...connected, name: "confirming" },
  { ...connected, name: "leaving", target: west },
];

it.each(states.map((state) => [state.name, state] as const))(
  "reconnect policy: %s ends with a stop",
  (_, state) => {
    expect(decide(state, { type: "stop-requested", code: "start-aborted" })).toEqual([
      { name: "stopped", code: "start-aborted" },
    ]);
  },
);

it("reconnect policy: without autoReconnect no advice moves a client that is connected", () => {
  const decision = decide(connected, { type: "advised-to-move" }, { autoReconnect: false });
  expect(decision).toEqual([connected]);
});

it("reconnect policy: what a state does not expect changes nothing", () => {
  const stopped: ReconnectState = { name: "stopped", code: "stopped" };
  const unexpected: Happening[] = [
    { type: "paused" },
    { type: "connected" },
    { type: "recovered" },
    { type: "recovery-attempt-failed", isEndpointSuspect: true },
  ];
  for (const happening of unexpected) {
    expect(decide(stopped, happening)).toEqual([stopped]);
    expect(decide(connected, happening)).toEqual([connected]);
  }
  expect(decide(connected, { type: "negotiated", target: west })).toEqual([connected]);
});
