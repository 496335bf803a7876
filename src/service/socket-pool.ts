import type { Socket } from "node:net";
import type { buildConnector, Client } from "undici";
import type { SocketUse } from "../contract/endpoint.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { BusyError } from "./call-within.ts";
import { classifyFailure } from "./failure.ts";
import { type Answer, AnswerTimes, callsToGiveWay } from "./hung-calls.ts";
import { type PooledCall, PooledSocket } from "./pooled-socket.ts";

/** What is needed of `undici`. */
export interface HttpLibrary {
  readonly Client: typeof Client;
  readonly buildConnector: typeof buildConnector;
}

/** Of which endpoint the pool is, and what it may take. */
export interface PoolSettings {
  /** Name of the endpoint. */
  readonly name: string;
  /** Where requests are sent. */
  readonly origin: string;
  readonly maxSockets: number;
  /**
   * Calls wait, since too many others are not answered, and nobody knows whether the endpoint
   * answers at all. Whoever finds out tells the pool by `learn`.
   */
  readonly onUnproven?: () => void;
}

/** A call that may have to wait. */
export interface WaitingCall extends PooledCall {
  /** Whether it has waited for so long that an answer would hardly come in time. */
  isTooLate(typicalInMs: number): boolean;
  /** Ends it, since no connection could be made. */
  fail(error: Error): void;
}

const maxWaitingCalls = 10_000;
const maxWaitingBytes = 64 * 1024 * 1024;
/** One packet that is lost is sent again after a second, the next one two seconds later. */
const CONNECT_TIMEOUT_IN_MS = 5000;
/** How often calls that wait are looked after, while no socket comes free. */
const LOOK_INTERVAL_IN_MS = 10;

/**
 * The sockets to one endpoint, a bounded number, and the calls that wait for one, in order. A call is
 * given to a socket that is connected, so that none of them depends on a connection that may never
 * be made: it takes the first that is free.
 */
export class SocketPool {
  readonly #library: HttpLibrary;
  readonly #settings: PoolSettings;
  readonly #connect: ReturnType<typeof buildConnector>;
  /** The one that was used last is used first, so that those that are not needed are closed. */
  readonly #idle: PooledSocket[] = [];
  readonly #busy = new Set<PooledSocket>();
  readonly #connecting = new Set<Socket>();
  readonly #waiting = new Set<WaitingCall>();
  #waitingBytes = 0;
  readonly #answers = new AnswerTimes();
  #nextLook: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(library: HttpLibrary, settings: PoolSettings) {
    this.#library = library;
    this.#settings = settings;
    this.#connect = library.buildConnector({ timeout: CONNECT_TIMEOUT_IN_MS });
  }

  /** Sends a call as soon as there is a socket; one for which there is no room to wait is ended. */
  send(call: WaitingCall): void {
    if (this.#isClosed) {
      call.abort(this.#closedError());
      return;
    }
    const idle = this.#idle.pop();
    if (idle) {
      this.#give(idle, call);
      return;
    }
    if (!this.#hasRoomFor(call)) {
      call.abort(this.#busyError(`${this.#waiting.size} calls wait for one already`));
      return;
    }
    this.#wait(call);
    this.#openSockets();
  }

  /** A call that was ended needs no socket. False when it is not waiting for one. */
  withdraw(call: WaitingCall): boolean {
    if (!this.#leave(call)) return false;
    // Those that take long may never be connected, and new calls should not depend on them.
    for (const socket of this.#connecting) {
      if (this.#connecting.size <= this.#waiting.size) break;
      this.#connecting.delete(socket);
      socket.destroy();
    }
    return true;
  }

  /** What is in use now. */
  get use(): SocketUse {
    const [busy, open] = [this.#busy.size, this.#busy.size + this.#idle.length];
    return Object.freeze({
      open,
      busy,
      waiting: this.#waiting.size,
      max: this.#settings.maxSockets,
    });
  }

  /** Takes an answer of the endpoint into account, also one that came by another pool. */
  learn(answer: Answer): void {
    this.#answers.learn(answer);
  }

  /** Why a call that is ended by its deadline was never sent. */
  unsent(isOwnStall = false): BusyError {
    const isConnected = this.#busy.size + this.#idle.length > 0;
    const why = isConnected ? "none came free in time" : "none could be connected in time";
    return this.#busyError(why, isOwnStall);
  }

  /**
   * The endpoint is used no more: calls that wait fail now, rather than at their deadlines, and
   * those that were sent give way to new ones if it is back before they are answered.
   */
  giveUp(): void {
    for (const socket of this.#busy) socket.isStale = true;
    for (const call of [...this.#waiting]) {
      this.#leave(call);
      call.abort(this.#busyError("the endpoint went out of use before one came free"));
    }
    for (const socket of this.#connecting) socket.destroy();
    this.#connecting.clear();
  }

  /** Ends all calls, and releases all sockets. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#nextLook);
    const error = this.#closedError();
    for (const call of [...this.#waiting]) {
      this.#leave(call);
      call.abort(error);
    }
    for (const socket of this.#connecting) socket.destroy();
    this.#connecting.clear();
    for (const socket of [...this.#busy, ...this.#idle.splice(0)]) {
      socket.call?.abort(error);
      socket.destroy();
    }
  }

  #hasRoomFor({ bytes }: WaitingCall): boolean {
    if (this.#waiting.size === 0) return true;
    const isInBytes = this.#waitingBytes + bytes <= maxWaitingBytes;
    return isInBytes && this.#waiting.size < maxWaitingCalls;
  }

  #wait(call: WaitingCall): void {
    this.#waiting.add(call);
    this.#waitingBytes += call.bytes;
  }

  #leave(call: WaitingCall): boolean {
    if (!this.#waiting.delete(call)) return false;
    this.#waitingBytes -= call.bytes;
    return true;
  }

  #takeFirst(): WaitingCall | undefined {
    for (const call of this.#waiting) {
      this.#leave(call);
      if (!call.isTooLate(this.#answers.typicalInMs)) return call;
      call.abort(this.unsent());
    }
    return undefined;
  }

  #give(socket: PooledSocket, call: WaitingCall): void {
    this.#busy.add(socket);
    socket.send(call);
  }

  get #size(): number {
    return this.#idle.length + this.#busy.size + this.#connecting.size;
  }

  get #isFull(): boolean {
    return this.#size >= this.#settings.maxSockets;
  }

  /** As many as calls wait for, as far as the bound allows. */
  #openSockets(): void {
    while (this.#connecting.size < this.#waiting.size) {
      if (this.#isFull && !this.#evictStale()) {
        this.#lookSoon();
        return;
      }
      this.#open();
    }
  }

  /** Messages that hang become too many by nothing but the time that passes. */
  #lookSoon(): void {
    this.#nextLook ??= setTimeout(() => {
      this.#nextLook = undefined;
      this.#evictHung();
      this.#openSockets();
    }, LOOK_INTERVAL_IN_MS).unref();
  }

  /** As many as calls wait for, and nobody else will be free for. */
  #evictHung(): void {
    const { maxSockets, onUnproven } = this.#settings;
    if (!this.#isFull || this.#waiting.size === 0) return;
    const hung = callsToGiveWay([...this.#busy], this.#answers, maxSockets, performance.now());
    if (hung === "unproven") {
      onUnproven?.();
      return;
    }
    for (const socket of hung.slice(0, this.#waiting.size - this.#connecting.size)) {
      this.#evict(socket, this.#gaveWayError());
    }
  }

  #open(): void {
    const { hostname, host, protocol, port } = new URL(this.#settings.origin);
    const options = { hostname: hostname.replace(/^\[|\]$/g, ""), host, protocol, port };
    // It is returned, although that is not declared.
    const connecting = this.#connect(options, (error, socket) => {
      if (!this.#connecting.delete(connecting)) socket?.destroy();
      else if (error) this.#onUnconnected(error);
      else this.#onConnected(socket);
    }) as unknown as Socket;
    this.#connecting.add(connecting);
  }

  #onConnected(connected: Socket): void {
    const { Client } = this.#library;
    const socket = new PooledSocket(Client, this.#settings.origin, connected, {
      onFree: (free) => this.#onFree(free),
      onGone: (gone) => this.#onGone(gone),
    });
    this.#onFree(socket);
    if (this.#idle.at(-1) === socket) socket.keepUnused();
  }

  #onUnconnected(error: Error & { code?: unknown }): void {
    const isLate = error.code === "UND_ERR_CONNECT_TIMEOUT";
    const isOurs = classifyFailure(error).kind === "own-exhaustion";
    // There will be others, by which all who wait can be sent.
    if (isOurs && this.#size > 0) return;
    // Whether an endpoint that takes no connections is down is for its health checks to find out.
    if (!isLate) this.#takeFirst()?.fail(error);
    this.#openSockets();
  }

  #onFree(socket: PooledSocket): void {
    this.#busy.delete(socket);
    const next = this.#takeFirst();
    if (next) this.#give(socket, next);
    else this.#idle.push(socket);
  }

  #onGone(socket: PooledSocket): void {
    this.#busy.delete(socket);
    const index = this.#idle.indexOf(socket);
    if (index >= 0) this.#idle.splice(index, 1);
    if (!this.#isClosed) this.#openSockets();
  }

  /** Makes room by a call that will hardly be answered, since its endpoint was out meanwhile. */
  #evictStale(): boolean {
    for (const socket of this.#busy) {
      if (!socket.isStale) continue;
      this.#evict(socket, this.#lostError());
      return true;
    }
    return false;
  }

  #evict(socket: PooledSocket, error: Error): void {
    this.#busy.delete(socket);
    socket.call?.abort(error);
    socket.destroy();
  }

  #closedError(): ResilientPubSubError {
    return new ResilientPubSubError("ERR_CLOSED", `${this.#settings.name} is called no more`);
  }

  #lostError(): ResilientPubSubError {
    const text = `No answer of ${this.#settings.name} before it went out of use and came back`;
    return new ResilientPubSubError("ERR_DEADLINE_EXCEEDED", text);
  }

  #gaveWayError(): ResilientPubSubError {
    const { name, maxSockets } = this.#settings;
    return new ResilientPubSubError(
      "ERR_DEADLINE_EXCEEDED",
      `No answer of ${name}, which has answered later calls meanwhile; it gave way, since others ` +
        `waited for one of ${maxSockets} sockets (service.maxSocketsPerEndpoint)`,
    );
  }

  #busyError(why: string, isOwnStall = false): BusyError {
    const { name, maxSockets } = this.#settings;
    return new BusyError(
      `The call of ${name} was not sent: of at most ${maxSockets} sockets, ${why}; ` +
        "send less at once, or raise service.maxSocketsPerEndpoint",
      isOwnStall,
    );
  }
}
