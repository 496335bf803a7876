import { backoffInMs } from "./backoff.ts";
import type { OnConnectFailedArgs } from "./client-events.ts";
import type { Connection, IncomingFrame } from "./connection.ts";
import { type ConnectionEnding, isEndpointSuspect, mayBeRecovered } from "./connection-ending.ts";
import { type ConnectError, NegotiateError } from "./errors.ts";
import { linkedAbort } from "./linked-abort.ts";
import { type Negotiate, negotiateOnce } from "./negotiate.ts";
import { hasNewerEpoch, mustMove, type NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import { openConnection } from "./open-connection.ts";
import { type ClientConfiguration, MAX_TIMER_IN_MS } from "./options.ts";
import { pause } from "./pause.ts";
import { Recovery } from "./recovery.ts";

// A connection that ends sooner counts as another failure: the next one would end just as soon.
const STABLE_AFTER_IN_MS = 5000;
// What a recovery that is under way is given before the endpoint is reported as failed.
const HEAD_START_IN_MS = 500;

/** What the loop tells. Nothing of it may throw. */
export interface LoopListener {
  frame(frame: IncomingFrame): void;
  /** A new connection is up. */
  connected(connection: Connection): void;
  /** The connection was cut and goes on, with nothing lost. */
  recovered(connection: Connection): void;
  /** There is no connection at the moment. */
  dropped(): void;
  /** What the service knew of the last connection is gone. */
  lost(connection: Connection, ending: ConnectionEnding): void;
  connectFailed(args: OnConnectFailedArgs): void;
}

export interface LoopParts {
  readonly configuration: ClientConfiguration;
  readonly negotiate: Negotiate;
  readonly listener: LoopListener;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/** How a client came to be without a connection. */
interface Departure {
  readonly left: Connection;
  readonly ending: ConnectionEnding;
  /** Goes on beside the search for another place. */
  readonly recovery: Recovery | undefined;
  /** Where negotiate wants the client, if that is why it left. */
  readonly elsewhere: NegotiatedEndpoint | undefined;
}

/** Keeps one client connected, to whatever endpoint negotiate names. */
export class ConnectionLoop {
  readonly #parts: LoopParts;
  /** Attempts and short-lived connections in a row. */
  #failures = 0;
  #current: Connection | undefined;
  /** The connection was recovered, and nobody has said whether its endpoint is still the right one. */
  #isPlaceInQuestion = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  get current(): Connection | undefined {
    return this.#current;
  }

  /**
   * Resolves when the signal ends.
   *
   * @throws NegotiateError `ERR_NEGOTIATE_REFUSED`
   */
  async run(signal: AbortSignal): Promise<void> {
    const { listener } = this.#parts;
    let connection = await this.#search(new Set(), signal);
    let isRecovered = false;
    while (connection) {
      if (signal.aborted) return connection.leave();
      const left: Connection = connection;
      this.#current = left;
      if (isRecovered) listener.recovered(left);
      else listener.connected(left);
      left.startDelivery();
      const { ending, elsewhere } = await this.#stay(left, signal);
      this.#current = undefined;
      if (signal.aborted) return;
      listener.dropped();
      connection = await this.#comeBack(left, ending, elsewhere, signal);
      isRecovered = connection?.session === left.session;
    }
  }

  /** Until the connection ends, or negotiate wants the client elsewhere. */
  async #stay(connection: Connection, signal: AbortSignal) {
    const stay = linkedAbort(signal);
    const leave = (): void => connection.leave();
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
    void connection.ended.then(() => stay.abort());
    const elsewhere = await this.#placeElsewhere(connection, stay.signal);
    if (elsewhere) leave();
    const ending = await connection.ended;
    signal.removeEventListener("abort", leave);
    stay.abort();
    return { ending, elsewhere };
  }

  /**
   * A cut that was mended has asked nobody whether the endpoint is still the right one. Undefined if
   * it is, or if there is no answer: there is a connection, after all.
   */
  async #placeElsewhere(
    connection: Connection,
    signal: AbortSignal,
  ): Promise<NegotiatedEndpoint | undefined> {
    if (!this.#isPlaceInQuestion) return undefined;
    const { configuration, random } = this.#parts;
    await pause(random() * configuration.reconnectSpreadInMs, signal, configuration);
    if (signal.aborted) return undefined;
    const place = await this.#negotiate([], signal).catch(() => undefined);
    return !signal.aborted && place && mustMove(connection, place) ? place : undefined;
  }

  /** Recovers the connection or finds another, whichever comes first. */
  async #comeBack(
    left: Connection,
    ending: ConnectionEnding,
    elsewhere: NegotiatedEndpoint | undefined,
    signal: AbortSignal,
  ): Promise<Connection | undefined> {
    const wasStable = performance.now() - left.openedAt > STABLE_AFTER_IN_MS;
    this.#failures = wasStable || elsewhere ? 0 : this.#failures + 1;
    const attempts = linkedAbort(signal);
    const recovery = this.#recover(left, ending, attempts.signal);
    const lose = once(() => {
      if (!signal.aborted) this.#parts.listener.lost(left, ending);
    });
    if (!recovery) lose();
    const search = this.#search(new Set(), attempts.signal, { ending, elsewhere, recovery, left });
    const recovered = recovery?.result.then((connection) => {
      if (!connection) lose();
      return connection ?? search;
    });
    let winner: Connection | undefined;
    const leaveLate = (late: Connection | undefined): void => {
      if (late !== winner) late?.leave();
    };
    try {
      winner = await Promise.race(recovered ? [recovered, search] : [search]);
      const isRecovered = winner?.session === left.session;
      this.#isPlaceInQuestion = isRecovered && !recovery?.isWanted;
      if (!isRecovered) lose();
      return winner;
    } finally {
      attempts.abort();
      // Both may come at the same time, and one of them while the other has found the client refused.
      void recovery?.result.then(leaveLate);
      search.then(leaveLate, () => {});
    }
  }

  #recover(left: Connection, ending: ConnectionEnding, signal: AbortSignal): Recovery | undefined {
    const { configuration, listener, random } = this.#parts;
    const url = left.session?.recoveryUrl;
    const isPossible = url !== undefined && configuration.recoveryTimeoutInMs > 0;
    if (!isPossible || !left.session || !mayBeRecovered(ending)) return undefined;
    const onFrame = (frame: IncomingFrame): void => listener.frame(frame);
    // A connection that is cut whenever it goes on must not go on as fast as it can.
    const failures = Math.max(0, this.#failures - 1);
    const parts = { configuration, onFrame, session: left.session, random, failures };
    return new Recovery({ url, endpoint: left.endpoint, epoch: left.epoch }, parts, signal);
  }

  /** Negotiates and connects until it works. Undefined when the signal ended. */
  async #search(
    failed: Set<string>,
    signal: AbortSignal,
    departure?: Departure,
  ): Promise<Connection | undefined> {
    const { configuration, listener } = this.#parts;
    if (departure) await this.#setOut(departure, failed, signal);
    if (departure?.recovery?.hasSucceeded) return departure.recovery.result;
    let place = departure?.elsewhere;
    const preference = { refusals: 0, endsAt: Number.POSITIVE_INFINITY };
    while (!signal.aborted) {
      try {
        place ??= await this.#negotiate([...failed], signal);
        const { recovery, left } = departure ?? {};
        if (recovery && left && hasNewerEpoch(left, place)) {
          // The service may remember the connection as of before all others had left and come back.
          recovery.giveUp();
        } else if (recovery?.endpoint === place.endpoint) {
          if (await this.#prefersRecovery(recovery, preference, signal)) {
            if (recovery.hasSucceeded) return recovery.result;
            failed.add(place.endpoint);
            place = undefined;
            continue;
          }
        } else {
          recovery?.doubt();
        }
        if (signal.aborted) return undefined;
        const onFrame = (frame: IncomingFrame): void => listener.frame(frame);
        return await openConnection(place, { configuration, onFrame }, signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        const failure = error as NegotiateError | ConnectError;
        if (failure.code === "ERR_NEGOTIATE_REFUSED") throw failure;
        const retryInMs = this.#retryInMs(failure, failed);
        if (place) failed.add(place.endpoint);
        listener.connectFailed({
          error: failure,
          retryInMs,
          ...(place && { endpoint: place.endpoint }),
        });
        place = undefined;
        await pause(retryInMs, signal, configuration, retryAfterOf(failure));
      }
    }
    return undefined;
  }

  /** Waits for this client's turn, and finds out meanwhile whether to complain about the endpoint. */
  async #setOut(
    { left, ending, elsewhere, recovery }: Departure,
    failed: Set<string>,
    signal: AbortSignal,
  ): Promise<void> {
    if (elsewhere) return;
    const { configuration, random } = this.#parts;
    // Out of silence nobody's recovery is answered soon, and all would set out when they give it up.
    const least = recovery && ending.cause === "silent" ? HEAD_START_IN_MS : 0;
    const spreadInMs = least + random() * configuration.reconnectSpreadInMs;
    const backoff = this.#failures === 0 ? 0 : backoffInMs(configuration, this.#failures, random());
    await pause(Math.max(spreadInMs, backoff), signal, configuration);
    if (recovery) {
      // An endpoint that refused a while ago may just have been restarting.
      const patienceInMs = Math.max(0, HEAD_START_IN_MS - recovery.unansweredForInMs);
      await Promise.race([recovery.tryNow(), pause(patienceInMs, signal, configuration)]);
    }
    if (isEndpointSuspect(ending) && !recovery?.hasAnswered) failed.add(left.endpoint);
  }

  /**
   * Negotiate still names the endpoint, so nothing need be lost. But while it refuses, it may be about
   * to be taken out, and negotiate is asked again. Resolves to false when a new connection is better.
   */
  async #prefersRecovery(
    recovery: Recovery,
    preference: { refusals: number; endsAt: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { configuration, random } = this.#parts;
    const { handshakeTimeoutInMs } = configuration;
    preference.endsAt = Math.min(preference.endsAt, performance.now() + handshakeTimeoutInMs);
    const remainingInMs = (): number => preference.endsAt - performance.now();
    const patience = linkedAbort(signal);
    await Promise.race([
      recovery.encourage(),
      pause(Math.max(0, remainingInMs()), patience.signal, configuration),
    ]);
    patience.abort();
    if (recovery.hasSucceeded) return true;
    if (recovery.isOver || remainingInMs() <= 0) return false;
    preference.refusals += 1;
    await pause(backoffInMs(configuration, preference.refusals, random()), signal, configuration);
    return !signal.aborted;
  }

  #retryInMs(failure: NegotiateError | ConnectError, failed: ReadonlySet<string>): number {
    const { configuration, random } = this.#parts;
    this.#failures += 1;
    // The first that is refused at the door asks for another at once.
    if (!(failure instanceof NegotiateError) && failed.size === 0 && this.#failures === 1) return 0;
    const retryInMs = retryAfterOf(failure) + backoffInMs(configuration, this.#failures, random());
    return Math.min(MAX_TIMER_IN_MS, retryInMs);
  }

  #negotiate(failed: readonly string[], signal: AbortSignal): Promise<NegotiatedEndpoint> {
    const { configuration, negotiate } = this.#parts;
    return negotiateOnce(negotiate, failed, configuration.negotiateTimeoutInMs, signal);
  }
}

function retryAfterOf(failure: NegotiateError | ConnectError): number {
  const { retryAfterInMs } = failure as Partial<NegotiateError>;
  // The application may have made the error, and anything may be in it.
  const isTime = typeof retryAfterInMs === "number" && retryAfterInMs > 0;
  return isTime ? retryAfterInMs : 0;
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
