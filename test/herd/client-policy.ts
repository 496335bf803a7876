import { isPacedClose } from "../../src/client/connection-ending.ts";
import { resolveOptions } from "../../src/client/options.ts";
import { INITIAL_STATE, next } from "../../src/client/reconnect-policy.ts";
import type {
  ReconnectEvent,
  ReconnectSettings,
  ReconnectState,
} from "../../src/client/reconnect-states.ts";
import { closeSentence } from "../../src/kit/close-reasons.ts";

/** A client with the options that it has by default. */
export const DEFAULTS = settingsOf(resolveOptions({}));

interface Loss {
  readonly endpoint: string;
  readonly now: number;
  readonly spreadInMs: number;
  readonly random: () => number;
}

/** How long the policy has a client wait whose endpoint is gone. */
export const pauseAfterLossInMs = (loss: Loss): number =>
  pauseAfterEndInMs(loss, { ending: { cause: "closed", code: 1006 }, isRecoverable: false });

/** How long it has a client wait that is closed because it is to move. */
export function pauseAfterCloseInMs(loss: Loss, reason: string): number {
  const isPaced = isPacedClose({ message: closeSentence(reason) }, undefined);
  const ending = { cause: "closed", code: 1000, isPaced } as const;
  return pauseAfterEndInMs(loss, { ending, isRecoverable: true });
}

function pauseAfterEndInMs(
  { endpoint, now, spreadInMs, random }: Loss,
  end: Pick<Extract<ReconnectEvent, { type: "ended" }>, "ending" | "isRecoverable">,
): number {
  return pauseAfter(
    next(
      { name: "connected", failures: 0, at: { endpoint } },
      {
        ...end,
        type: "ended",
        openedAt: Number.NEGATIVE_INFINITY,
        now,
        spread: random(),
        backoff: random(),
      },
      { ...DEFAULTS, reconnectSpreadInMs: spreadInMs },
    )[0],
  );
}

interface Refusal {
  /** How often it was refused before. */
  readonly failures: number;
  readonly failed: readonly string[];
  /** Undefined for a client that does not care what it is told. */
  readonly retryAfterInMs: number | undefined;
  readonly now: number;
  readonly random: () => number;
}

/** How long the policy has a client wait that was refused. */
export function pauseAfterRefusalInMs(refusal: Refusal): number {
  const { failures, failed, retryAfterInMs, now, random } = refusal;
  const error = { code: "ERR_NEGOTIATE_FAILED", retryAfterInMs, isTurn: true } as never;
  const state = { ...INITIAL_STATE, search: { failures, failed } };
  const event = { type: "attempt-failed", error, now, spread: 0 } as const;
  return pauseAfter(next(state, { ...event, backoff: random() }, DEFAULTS)[0]);
}

/** A number of 32 bits that is always the same for the same client, and for no reason. */
export function mixed(client: number, salt: number): number {
  let bits = Math.imul(client ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 16), 0x27d4eb2f);
  return (bits ^ (bits >>> 15)) >>> 0;
}

function pauseAfter(state: ReconnectState): number {
  if (!state.pause) throw new Error(`The client does not wait; it is ${state.name}.`);
  return state.pause.inMs;
}

/** Nothing else, since each of a million clients gets a copy. */
function settingsOf(settings: ReconnectSettings): ReconnectSettings {
  const { autoReconnect, handshakeTimeoutInMs, recoveryTimeoutInMs } = settings;
  const { reconnectSpreadInMs, retryDelayInMs, maxRetryDelayInMs } = settings;
  return {
    autoReconnect,
    handshakeTimeoutInMs,
    recoveryTimeoutInMs,
    reconnectSpreadInMs,
    retryDelayInMs,
    maxRetryDelayInMs,
  };
}
