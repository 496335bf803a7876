import type { ConnectedFrame } from "./frames.ts";
import { Patience } from "./patience.ts";

// The service gives a client up that leaves 1000 messages or 16 MB unacknowledged.
const maxUnacknowledgedMessages = 300;
const maxUnacknowledgedCharacters = 2 * 1024 * 1024;

/**
 * What the service knows a connection by, over all its sockets: who it is, and how far it has heard
 * its messages. Recovering a connection means going on with this.
 */
export class Session {
  readonly patience = new Patience();
  readonly #url: string;
  connectionId: string;
  userId: string;
  #reconnectionToken: string | undefined;
  #lastSequenceId = 0;
  #acknowledgedId = 0;
  #unacknowledgedCharacters = 0;

  constructor(url: string, { connectionId, userId, reconnectionToken }: ConnectedFrame) {
    this.#url = url;
    this.connectionId = connectionId;
    // A service that leaves it out has no user to name.
    this.userId = userId ?? "";
    this.#reconnectionToken = reconnectionToken;
  }

  /** The service has given out what it takes to continue this connection. */
  get isRecoverable(): boolean {
    return this.#reconnectionToken !== undefined;
  }

  /** The URL at which the service continues this connection; undefined when it does not do that. */
  get recoveryUrl(): string | undefined {
    if (this.#reconnectionToken === undefined) return undefined;
    const id = encodeURIComponent(this.connectionId);
    const token = encodeURIComponent(this.#reconnectionToken);
    // Not taken apart: what has connected was a URL, and one of a WebSocket has no fragment.
    const mark = this.#url.includes("?") ? "&" : "?";
    return `${this.#url}${mark}awps_connection_id=${id}&awps_reconnection_token=${token}`;
  }

  /** The service may hand out a new token when a connection was recovered. */
  renew({ connectionId, reconnectionToken }: ConnectedFrame): void {
    this.connectionId = connectionId;
    this.#reconnectionToken = reconnectionToken ?? this.#reconnectionToken;
  }

  /** @returns False for a message that has been heard before. */
  accept(sequenceId: unknown, characters: number): boolean {
    if (!isSequenceId(sequenceId)) return true;
    if (sequenceId <= this.#lastSequenceId) return false;
    this.#lastSequenceId = sequenceId;
    this.#unacknowledgedCharacters += characters;
    return true;
  }

  /** So much is unacknowledged that it should not wait any longer. */
  get isAcknowledgementUrgent(): boolean {
    return (
      this.#lastSequenceId - this.#acknowledgedId >= maxUnacknowledgedMessages ||
      this.#unacknowledgedCharacters >= maxUnacknowledgedCharacters
    );
  }

  /** What to acknowledge now, if there is anything new. */
  takeAcknowledgement(): number | undefined {
    if (this.#lastSequenceId === this.#acknowledgedId) return undefined;
    this.#acknowledgedId = this.#lastSequenceId;
    this.#unacknowledgedCharacters = 0;
    return this.#lastSequenceId;
  }

  /** Whether the service got the last acknowledgement is not known when the socket was cut. */
  resetAcknowledgement(): void {
    this.#acknowledgedId = 0;
  }
}

/** The plain protocol has none. */
export const isSequenceId = (value: unknown): value is number => Number.isSafeInteger(value);
