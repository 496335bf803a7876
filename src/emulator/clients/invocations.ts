import type { ClientRequest } from "../protocol/client-request.ts";
import type { ServiceFrame } from "../protocol/service-frame.ts";
import type { ConnectionEvents } from "../upstream/connection-events.ts";

type Invoke = Extract<ClientRequest, { kind: "invoke" }>;
type InvocationRequest =
  | Invoke
  | Extract<ClientRequest, { kind: "cancelInvocation" | "badInvocation" }>;

const maxInFlight = 100;
const maxIdCharacters = 1024;

/**
 * The invocations of one client that wait for their app server. They do not hold up the client's
 * other frames, else it could not cancel them.
 */
export class Invocations {
  readonly #events: ConnectionEvents;
  readonly #send: (frame: ServiceFrame) => void;
  readonly #inFlight = new Map<string, AbortController>();

  constructor(events: ConnectionEvents, send: (frame: ServiceFrame) => void) {
    this.#events = events;
    this.#send = send;
  }

  handle(request: InvocationRequest): void {
    const { kind, invocationId } = request;
    if (kind === "cancelInvocation") this.#cancel(invocationId);
    else if (kind === "badInvocation") this.#fail(invocationId, "BadRequest", request.message);
    else if (invocationId.length > maxIdCharacters) {
      const message = `The invocationId may have ${maxIdCharacters} characters.`;
      this.#fail(invocationId, "BadRequest", message);
    } else if (this.#inFlight.has(invocationId)) {
      this.#fail(invocationId, "BadRequest", "The invocation id is in use.");
    } else if (this.#inFlight.size >= maxInFlight) {
      this.#fail(invocationId, "BadRequest", `More than ${maxInFlight} invocations wait.`);
    } else this.#start(request);
  }

  close(): void {
    for (const abort of this.#inFlight.values()) abort.abort();
    this.#inFlight.clear();
  }

  #start({ invocationId, event, payload }: Invoke): void {
    const abort = new AbortController();
    this.#inFlight.set(invocationId, abort);
    void this.#events.userEvent(event, payload, undefined, abort.signal).then((outcome) => {
      if (this.#inFlight.get(invocationId) !== abort) return;
      this.#inFlight.delete(invocationId);
      if (outcome.kind === "failed") this.#fail(invocationId, "InvocationFailed", outcome.message);
      else this.#send({ kind: "invokeResponse", invocationId, payload: outcome.reply });
    });
  }

  #fail(invocationId: string, name: string, message: string): void {
    this.#send({ kind: "invokeResponse", invocationId, error: { name, message } });
  }

  #cancel(invocationId: string): void {
    this.#inFlight.get(invocationId)?.abort();
    this.#inFlight.delete(invocationId);
  }
}
