import type { AppServers } from "./app-servers.ts";
import { Cancellation } from "./cancellation.ts";
import type { StoppedCode } from "./client-events.ts";
import { Connection, type ConnectionOptions, type IncomingFrame } from "./connection.ts";
import { connectError } from "./connection-ending.ts";
import type { NegotiateError } from "./errors.ts";
import type { NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import { openConnection } from "./open-connection.ts";
import type { ClientConfiguration } from "./options.ts";
import { pause } from "./pause.ts";
import { INITIAL_STATE, next } from "./reconnect-policy.ts";
import type {
  ReconnectNotification,
  ReconnectOccurrence,
  ReconnectState,
} from "./reconnect-states.ts";
import { Recovery } from "./recovery.ts";
import { Reviews } from "./reviews.ts";

export interface ConnectionLoopOptions {
  readonly configuration: ClientConfiguration;
  readonly appServers: AppServers;
  readonly calls: ConnectionOptions["calls"];
  /** Must not throw, nor must the next one. */
  readonly onFrame: (frame: IncomingFrame) => void;
  readonly onNotification: (notification: ReconnectNotification) => void;
}

/**
 * Keeps one client connected, to whatever endpoint negotiate names: does what the reconnect policy
 * decides, and tells the policy what came of it.
 */
export class ConnectionLoop {
  readonly #options: ConnectionLoopOptions;
  readonly #reviews: Reviews;
  #settings: ClientConfiguration;
  #state: ReconnectState = INITIAL_STATE;
  #current: Connection | undefined;
  #last: Connection | undefined;
  #recovery: Recovery | undefined;
  /** Of what the state waits for. */
  #waiting = new Cancellation();

  constructor(options: ConnectionLoopOptions) {
    this.#options = options;
    this.#settings = options.configuration;
    this.#reviews = new Reviews(options.appServers);
  }

  get current(): Connection | undefined {
    return this.#current;
  }

  start(): void {
    this.#begin(this.#state);
  }

  /** Ends everything that is under way, and tells nothing more. */
  stop(code: StoppedCode): void {
    this.#dispatch({ type: "stop-requested", code });
    this.#current?.leave();
  }

  /** Something speaks against the connection: asks an app server soon whether to stay. */
  doubt(): void {
    this.#reviews.doubt();
  }

  /** With the spread of reconnects that was told last. */
  get #configuration(): ClientConfiguration {
    const { reconnectSpreadInMs } = this.#options.appServers;
    if (this.#settings.reconnectSpreadInMs !== reconnectSpreadInMs) {
      this.#settings = { ...this.#settings, reconnectSpreadInMs };
    }
    return this.#settings;
  }

  #dispatch(occurrence: ReconnectOccurrence): void {
    // What has one shape comes first: engines are slow to add to a copy of what has many.
    const event = {
      now: performance.now(),
      attemptedAt: this.#recovery?.attemptedAt,
      isLetIn: this.#recovery?.isLetIn,
      spread: Math.random(),
      backoff: Math.random(),
      ...occurrence,
    };
    const previous = this.#state;
    const [state, ...effects] = next(previous, event, this.#configuration);
    const isNew = state.name !== previous.name;
    if (isNew) this.#waiting.abort();
    this.#state = state;
    if (!state.search?.isRecovering) this.#recovery?.end();
    for (const effect of effects) {
      if (effect.type === "start-recovery") this.#recover(effect.failures);
      else this.#options.onNotification(effect);
      // Whoever was told may have stopped the client.
      if (this.#state !== state) return;
    }
    if (isNew) this.#begin(state);
  }

  /** Begins what the state waits for; all of it ends in an event, unless another state comes first. */
  #begin(state: ReconnectState): void {
    const signal = new Cancellation();
    this.#waiting = signal;
    this.#recovery?.hold(state.name === "connecting");
    const dispatch: Dispatch = (occurrence) => {
      if (!signal.aborted) this.#dispatch(occurrence);
    };
    if (state.pause) {
      const { inMs, minInMs } = state.pause;
      const onOver = (): void => dispatch({ type: "paused" });
      signal.addEventListener("abort", pause(inMs, this.#configuration, onOver, minInMs));
    }
    switch (state.name) {
      case "retrying-recovery":
      case "preferring-recovery":
        this.#recovery?.retry();
        break;
      case "negotiating":
        this.#negotiate(state.search.failed, signal, dispatch);
        break;
      case "connected":
        if (this.#current) {
          this.#reviews.begin(this.#current, signal, () => dispatch({ type: "advised-to-move" }));
        }
        break;
      case "confirming":
        this.#negotiate([], signal, dispatch);
        break;
      case "connecting":
        this.#connect(state.target, signal, dispatch);
        break;
      case "leaving":
        this.#current?.leave();
    }
  }

  #negotiate(failed: readonly string[], signal: Cancellation, dispatch: Dispatch): void {
    this.#options.appServers.negotiate(failed, signal).then(
      (target) => dispatch({ type: "negotiated", target }),
      (error: NegotiateError) => dispatch({ type: "attempt-failed", error }),
    );
  }

  #connect(target: NegotiatedEndpoint, signal: Cancellation, dispatch: Dispatch): void {
    const { endpoint } = target;
    void openConnection(target, this.#options, signal).then((outcome) => {
      if (outcome instanceof Connection) {
        if (signal.aborted) outcome.leave();
        else this.#use(outcome, "connected");
      } else if (!signal.aborted) {
        dispatch({ type: "attempt-failed", error: connectError(endpoint, outcome), endpoint });
      }
    });
  }

  #recover(failures: number): void {
    const { session, endpoint, epoch, incarnation } = this.#last ?? {};
    const url = session?.recoveryUrl;
    if (!session || !endpoint || !url) return;
    this.#recovery = new Recovery(
      { url, endpoint, epoch, incarnation },
      {
        ...this.#options,
        configuration: this.#configuration,
        session,
        failures,
        onRecovered: (connection) => this.#use(connection, "recovered"),
        notify: (occurrence) => this.#dispatch(occurrence),
      },
    );
  }

  #use(connection: Connection, type: "connected" | "recovered"): void {
    this.#current = connection;
    void connection.ended.then((ending) => {
      this.#current = undefined;
      this.#last = connection;
      const { openedAt, session } = connection;
      const isRecoverable = session?.isRecoverable ?? false;
      this.#dispatch({ type: "ended", ending, openedAt, isRecoverable });
    });
    this.#dispatch({ type });
    connection.deliver();
  }
}

type Dispatch = (occurrence: ReconnectOccurrence) => void;
