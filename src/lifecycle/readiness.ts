import type { PluginContext } from "../context/plugin-context.ts";
import type { PubSubEvents } from "../contract/events.ts";
import type { ReadyOptions } from "../contract/resilient-pubsub.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { Deadline, DeadlineError, reasonOf, unlessAborted } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { maxTimerInMs } from "../kit/max-timer.ts";
import { unlessClockStopped } from "../kit/stopped-clock.ts";
import { checkReadyOptions } from "./arguments.ts";
import { holdingProcess } from "./holding-process.ts";

type Requirement = ReadyOptions["require"];

/** Whatever may make a plugin ready that was not. */
const CHANGES: readonly (keyof PubSubEvents)[] = [
  "endpointUp",
  "endpointUndrained",
  "endpointLeaving",
  "endpointRemoved",
  "agreementChanged",
  "coordinationRestored",
];

interface ReadinessContext extends Pick<PluginContext, "registry" | "events"> {
  /** Resolves when every endpoint has been found healthy or unhealthy, or the plugin is closed. */
  readonly firstRound: Promise<void>;
  /** Resolves when servers agree on an endpoint, where they have to. */
  readonly agreed: () => Promise<void>;
  /** Ends when the plugin is closed. */
  readonly closing: AbortSignal;
}

/** Whether a plugin can do its work, as `ready` is asked. */
export class Readiness {
  readonly #context: ReadinessContext;
  #isFirstRoundDecided = false;

  constructor(context: ReadinessContext) {
    this.#context = context;
    void context.firstRound.then(() => {
      this.#isFirstRoundDecided = true;
    });
  }

  /** @throws InvalidArgumentError, ResilientPubSubError, or the reason of the signal */
  async ready(options: ReadyOptions = {}): Promise<void> {
    checkReadyOptions(options);
    await holdingProcess(unlessClockStopped("ready()", this.#ready(options)));
  }

  async #ready({ require, timeoutInMs, abortSignal }: ReadyOptions): Promise<void> {
    if (abortSignal?.aborted) throw reasonOf(abortSignal);
    const isPatient = timeoutInMs !== undefined || abortSignal !== undefined;
    const deadline = new Deadline(timeoutInMs ?? maxTimerInMs, abortSignal);
    let problem: unknown;
    try {
      for (;;) {
        const change = this.#nextChange();
        // Asked before the look, which may be older than what is found out meanwhile.
        const isDecided = this.#isFirstRoundDecided;
        try {
          problem = await unlessAborted(deadline, this.#problemOf(require));
          if (problem === undefined) return;
          if (isDecided && !isPatient) throw problem;
          await unlessAborted(deadline, change.promise);
        } finally {
          change.forget();
        }
      }
    } catch (error) {
      throw error instanceof DeadlineError ? this.#notReady(require, problem ?? error) : error;
    } finally {
      deadline.end();
    }
  }

  /** What keeps the plugin from being ready; undefined when nothing does. */
  async #problemOf(require: Requirement): Promise<unknown> {
    const { agreed, closing, firstRound } = this.#context;
    // As it has always been: a plugin that is closed is as ready as it will ever be.
    if (require === undefined) await firstRound;
    else if (closing.aborted) throw closed();
    else if (!this.#isMet(require)) return this.#notReady(require);
    try {
      await agreed();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #isMet(require: Requirement): boolean {
    const staying = this.#staying();
    if (require === "any-healthy") return staying.some(({ isUsable }) => isUsable);
    return staying.every(({ state }) => state === "healthy");
  }

  #staying(): RegisteredEndpoint[] {
    return this.#context.registry.all().filter(({ leaving }) => !leaving);
  }

  #notReady(require: Requirement, cause?: unknown): ResilientPubSubError {
    if (cause instanceof ResilientPubSubError && cause.code === "ERR_NOT_READY") return cause;
    const isAny = require === "any-healthy";
    const lacking = this.#staying().filter(
      ({ state, isUsable }) => !(isAny ? isUsable : state === "healthy"),
    );
    const reasons = lacking.map(({ name, reason }) => `"${name}" is ${reason}`).join(", ");
    const problem = isAny ? "No endpoint is healthy" : "Not all endpoints are healthy";
    const message =
      lacking.length === 0
        ? "The servers have not agreed on an endpoint; see cause"
        : `${problem}: ${reasons}; the plugin goes on trying, and ready waits for it as long as timeoutInMs says`;
    return new ResilientPubSubError("ERR_NOT_READY", message, cause === undefined ? {} : { cause });
  }

  /** Resolves when it may be worth to look again. */
  #nextChange(): { readonly promise: Promise<void>; forget(): void } {
    const { closing, events, firstRound } = this.#context;
    let resume = (): void => {};
    const promise = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const change = (): void => resume();
    for (const name of CHANGES) events.onInternally(name, change);
    closing.addEventListener("abort", change);
    if (!this.#isFirstRoundDecided) void firstRound.then(change);
    const forget = (): void => {
      for (const name of CHANGES) events.off(name, change);
      closing.removeEventListener("abort", change);
    };
    return { promise, forget };
  }
}

function closed(): ResilientPubSubError {
  return new ResilientPubSubError("ERR_CLOSED", "The plugin is closed, and will not be ready");
}
