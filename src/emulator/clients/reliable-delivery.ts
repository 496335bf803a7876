import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Limits } from "../options/emulator-schema.ts";
import type { Frame } from "../protocol/message.ts";
import { type NumberedFrame, Unacknowledged } from "./unacknowledged.ts";

/** By which a session outlives its socket: what the client has not acknowledged, and who it is. */
export class ReliableDelivery {
  /** The client proves by it that the session is its own. */
  readonly reconnectionToken = randomBytes(32).toString("base64url");
  readonly #limits: Limits;
  // Most connections hear little.
  #unacknowledged: Unacknowledged | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  accepts(token: string): boolean {
    const given = Buffer.from(token);
    const expected = Buffer.from(this.reconnectionToken);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** Undefined when the client owes more acknowledgements than it may. */
  add(frame: Frame, expiresAt: number): NumberedFrame | undefined {
    const { unacknowledgedMessages: messages, unacknowledgedBytes: bytes } = this.#limits;
    this.#unacknowledged ??= new Unacknowledged({ messages, bytes });
    return this.#unacknowledged.add(frame, expiresAt, Date.now());
  }

  /** The client has everything up to and with this number. */
  acknowledge(sequenceId: number): void {
    this.#unacknowledged?.acknowledge(sequenceId);
  }

  pending(): readonly NumberedFrame[] {
    return this.#unacknowledged?.pending(Date.now()) ?? [];
  }

  /** Gives the client its time to come back. */
  awaitRecovery(onExpired: () => void): void {
    this.#timer = setTimeout(onExpired, this.#limits.recoveryWindowInMs).unref();
  }

  stopWaiting(): void {
    clearTimeout(this.#timer);
  }
}
