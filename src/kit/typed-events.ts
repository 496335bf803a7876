import { inspect } from "node:util";
import type { PubSubEventSource, PubSubEvents, PubSubListener } from "../contract/events.ts";

type EventName = keyof PubSubEvents;
type HandlerError = PubSubEvents["handlerError"];
type AnyListener = Listener<never>;
type Listener<Name extends EventName> = PubSubListener<Name>;

/**
 * Typed events whose listeners can harm nobody: one that throws or rejects becomes a `handlerError`,
 * and a `handlerError` without a listener becomes a process warning, so that nothing fails silently.
 */
export class TypedEvents implements PubSubEventSource {
  readonly #listeners = new Map<EventName, Map<AnyListener, { once: boolean }>>();

  on<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    return this.#add(name, listener, { once: false });
  }

  once<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    return this.#add(name, listener, { once: true });
  }

  off<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    this.#listeners.get(name)?.delete(listener);
    return this;
  }

  emit<Name extends EventName>(name: Name, event: PubSubEvents[Name]): void {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    if (listeners.length === 0 && name === "handlerError") warn(event as HandlerError);
    for (const [listener, { once }] of listeners) {
      if (once) this.#listeners.get(name)?.delete(listener);
      this.#call(name, listener as Listener<Name>, event);
    }
  }

  #add<Name extends EventName>(name: Name, listener: Listener<Name>, mode: { once: boolean }) {
    const listeners = this.#listeners.get(name) ?? new Map();
    this.#listeners.set(name, listeners.set(listener, mode));
    return this;
  }

  #call<Name extends EventName>(name: Name, listener: Listener<Name>, event: PubSubEvents[Name]) {
    const failed = (error: unknown): void => {
      const failure = { handler: `listener of "${name}"`, error };
      if (name === "handlerError") warn(failure);
      else this.emit("handlerError", failure);
    };
    try {
      Promise.resolve(listener(event)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

function warn({ handler, error }: HandlerError): void {
  process.emitWarning(`${handler} failed, and no "handlerError" listener took it`, {
    code: "ERR_HANDLER_FAILED",
    type: "ResilientPubSubWarning",
    detail: printed(error),
  });
}

/** Anything may be thrown, even what refuses to be printed. */
function printed(error: unknown): string {
  try {
    return inspect(error);
  } catch {
    return "(an error that cannot be printed)";
  }
}
