import type { PubSubEventSource, PubSubEvents, PubSubListener } from "../contract/events.ts";
import { OnceWarnings } from "./warn-once.ts";

type EventName = keyof PubSubEvents;
type HandlerError = PubSubEvents["handlerError"];
type AnyListener = Listener<never>;
type Listener<Name extends EventName> = PubSubListener<Name>;

const maxKindLength = 100;

interface Mode {
  readonly once: boolean;
  /** It belongs to the plugin, and not to the application. */
  readonly internal?: boolean;
}

/**
 * Typed events whose listeners can harm nobody: one that throws or rejects becomes a `handlerError`,
 * and a `handlerError` without a listener becomes a process warning, so that nothing fails silently;
 * one for each kind, since what fails for one request may fail for all.
 */
export class TypedEvents implements PubSubEventSource {
  readonly #listeners = new Map<EventName, Map<AnyListener, Mode>>();
  readonly #describe: (error: unknown) => unknown;
  readonly #warnings: OnceWarnings;

  /**
   * @param describe What anybody may know of an `error` that an event tells; default: all of it.
   * @param warnings Those of the plugin; default: none but what is told here.
   */
  constructor(
    describe: (error: unknown) => unknown = (error) => error,
    warnings = new OnceWarnings(),
  ) {
    this.#describe = describe;
    this.#warnings = warnings;
  }

  on<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    return this.#add(name, listener, { once: false });
  }

  once<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    return this.#add(name, listener, { once: true });
  }

  /** As `on`, for a part of the plugin: the application does not hear of it by that. */
  onInternally<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    return this.#add(name, listener, { once: false, internal: true });
  }

  /** Whether the application listens. */
  isHeard(name: EventName): boolean {
    const modes = this.#listeners.get(name)?.values() ?? [];
    return [...modes].some(({ internal }) => !internal);
  }

  off<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    this.#listeners.get(name)?.delete(listener);
    return this;
  }

  emit<Name extends EventName>(name: Name, event: PubSubEvents[Name]): void {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    if (listeners.length > 0 && "error" in event) this.#makeSafe(event);
    if (name === "handlerError" && !this.isHeard(name)) this.#warn(event as HandlerError);
    for (const [listener, { once }] of listeners) {
      if (once) this.#listeners.get(name)?.delete(listener);
      this.#call(name, listener as Listener<Name>, event);
    }
  }

  /** An event may be sent to a browser as it is; listeners get the error itself. */
  #makeSafe(event: object & { readonly error: unknown }): void {
    const toJSON = () => ({ ...event, error: this.#describe(event.error) });
    Object.defineProperty(event, "toJSON", { value: toJSON, configurable: true });
  }

  #add<Name extends EventName>(name: Name, listener: Listener<Name>, mode: Mode) {
    const listeners = this.#listeners.get(name) ?? new Map();
    this.#listeners.set(name, listeners.set(listener, mode));
    return this;
  }

  #call<Name extends EventName>(name: Name, listener: Listener<Name>, event: PubSubEvents[Name]) {
    const failed = (error: unknown): void => {
      const failure = { handler: `listener of "${name}"`, error };
      if (name === "handlerError") this.#warn(failure);
      else this.emit("handlerError", failure);
    };
    try {
      Promise.resolve(listener(event)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #warn({ handler, error }: HandlerError): void {
    const message = `${handler} failed, and no "handlerError" listener took it; what fails like this again is not told`;
    this.#warnings.warn("ERR_HANDLER_FAILED", message, `${handler} ${kindOf(error)}`, error);
  }
}

/** Messages may differ with each request, a code or a class does not. Anything may be thrown. */
function kindOf(error: unknown): string {
  try {
    const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
    return [code, name].map(String).join(" ").slice(0, maxKindLength);
  } catch {
    return "";
  }
}

/** As the parts of a plugin have them: whoever of them listens must not pass for the application. */
export type InternalEvents = Omit<TypedEvents, "on" | "once">;
