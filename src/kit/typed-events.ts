import type {
  AnyListenerOptions,
  AnyPubSubEvent,
  AnyPubSubListener,
  PubSubEventSource,
  PubSubEvents,
  PubSubListener,
} from "../contract/events.ts";
import { isFrequent } from "./frequent-events.ts";
import { OnceWarnings } from "./warn-once.ts";

type EventName = keyof PubSubEvents;
type HandlerError = PubSubEvents["handlerError"];

const maxKindLength = 100;

interface Mode {
  readonly once: boolean;
  /** It belongs to the plugin, and not to the application. */
  readonly internal?: boolean;
}

interface Listening extends Mode {
  readonly listener: (event: never) => unknown;
}

interface Observing {
  readonly listener: AnyPubSubListener;
  readonly hearsFrequent: boolean;
}

const NOBODY: readonly never[] = [];

/**
 * Typed events whose listeners can harm nobody: one that throws or rejects becomes a `handlerError`,
 * and a `handlerError` without a listener becomes a process warning, so that nothing fails silently;
 * one for each kind, since what fails for one request may fail for all.
 */
export class TypedEvents implements PubSubEventSource {
  /** Made anew with every change, so that an event goes to those who listened when it came. */
  readonly #listeners = new Map<EventName, readonly Listening[]>();
  #observers: readonly Observing[] = NOBODY;
  /** Those of them that hear frequent events as well. */
  #frequentObservers: readonly Observing[] = NOBODY;
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

  on<Name extends EventName>(name: Name, listener: PubSubListener<Name>): this {
    return this.#add(name, { listener, once: false });
  }

  once<Name extends EventName>(name: Name, listener: PubSubListener<Name>): this {
    return this.#add(name, { listener, once: true });
  }

  /** As `on`, for a part of the plugin: the application does not hear of it by that. */
  onInternally<Name extends EventName>(name: Name, listener: PubSubListener<Name>): this {
    return this.#add(name, { listener, once: false, internal: true });
  }

  off<Name extends EventName>(name: Name, listener: PubSubListener<Name>): this {
    return this.#set(
      name,
      this.#of(name).filter((one) => one.listener !== listener),
    );
  }

  onAny(listener: AnyPubSubListener, { includeFrequent = false }: AnyListenerOptions = {}): this {
    const others = this.#observers.filter((one) => one.listener !== listener);
    return this.#observeBy([...others, { listener, hearsFrequent: includeFrequent }]);
  }

  offAny(listener: AnyPubSubListener): this {
    return this.#observeBy(this.#observers.filter((one) => one.listener !== listener));
  }

  /** Whether the application listens to this very event. */
  isHeard(name: EventName): boolean {
    return this.#of(name).some(({ internal }) => !internal);
  }

  /** Whether anybody is told of it at all. Asked before a frequent event is made, so it costs next to nothing. */
  wants(name: EventName): boolean {
    return this.#listeners.has(name) || this.#observersOf(name).length > 0;
  }

  emit<Name extends EventName>(name: Name, event: PubSubEvents[Name]): void {
    const listeners = this.#of(name);
    const observers = this.#observersOf(name);
    if (listeners.length + observers.length > 0 && "error" in event) this.#makeSafe(event);
    if (name === "handlerError" && !this.isHeard(name)) this.#warn(event as HandlerError);
    for (const { listener, once } of listeners) {
      if (once) this.off(name, listener as PubSubListener<Name>);
      this.#call(name, `listener of "${name}"`, () => listener(event as never));
    }
    const any = [name, event] as AnyPubSubEvent;
    for (const { listener } of observers) {
      this.#call(name, `listener of any event, told of "${name}",`, () => listener(...any));
    }
  }

  /** An event may be sent to a browser as it is; listeners get the error itself. */
  #makeSafe(event: object & { readonly error: unknown }): void {
    const toJSON = () => ({ ...event, error: this.#describe(event.error) });
    Object.defineProperty(event, "toJSON", { value: toJSON, configurable: true });
  }

  #of(name: EventName): readonly Listening[] {
    return this.#listeners.get(name) ?? NOBODY;
  }

  #observersOf(name: EventName): readonly Observing[] {
    return isFrequent(name) ? this.#frequentObservers : this.#observers;
  }

  #add(name: EventName, added: Listening): this {
    const known = this.#of(name);
    const isKnown = known.some(({ listener }) => listener === added.listener);
    const replaced = known.map((one) => (one.listener === added.listener ? added : one));
    return this.#set(name, isKnown ? replaced : [...known, added]);
  }

  #set(name: EventName, listeners: readonly Listening[]): this {
    if (listeners.length > 0) this.#listeners.set(name, listeners);
    else this.#listeners.delete(name);
    return this;
  }

  #observeBy(observers: readonly Observing[]): this {
    this.#observers = observers;
    this.#frequentObservers = observers.filter(({ hearsFrequent }) => hearsFrequent);
    return this;
  }

  #call(name: EventName, handler: string, listener: () => unknown): void {
    try {
      const ended = listener();
      if (ended === undefined) return;
      Promise.resolve(ended).catch((error) => this.#failed(name, handler, error));
    } catch (error) {
      this.#failed(name, handler, error);
    }
  }

  #failed(name: EventName, handler: string, error: unknown): void {
    if (name === "handlerError") this.#warn({ handler, error });
    else this.emit("handlerError", { handler, error });
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
export type InternalEvents = Omit<TypedEvents, "on" | "once" | "onAny" | "offAny">;
