import type { PluginContext } from "../context/plugin-context.ts";
import { inSpan, type SpanPort } from "../context/tracing-port.ts";
import type { PubSubEvents } from "../contract/events.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { codeOfRefusal, outcomeOfRefusal } from "../http/problem.ts";
import { type Awaitable, ifFailed, whenThere } from "../kit/awaitable.ts";

/** What a negotiate came to, written down on its way for those who want to know. */
export class Negotiation {
  /** The endpoint that was chosen last. */
  chosen: RegisteredEndpoint | undefined;
  /** Those that the client said it had failed on. */
  claimedFailed: readonly RegisteredEndpoint[] = [];
  readonly #context: PluginContext;
  readonly #startedAt = performance.now();

  constructor(context: PluginContext) {
    this.#context = context;
  }

  /** @param error What it was refused with; undefined when it was answered with an endpoint. */
  result(error?: unknown): PubSubEvents["negotiated"] {
    const { chosen, claimedFailed } = this;
    const code = codeOfRefusal(error);
    return {
      endpoint: chosen?.name,
      role: chosen?.role,
      outcome: error === undefined ? this.#answered() : outcomeOfRefusal(code),
      code: error === undefined ? undefined : code,
      claimedFailed: claimedFailed.map(({ name }) => name),
      durationInMs: performance.now() - this.#startedAt,
    };
  }

  #answered(): "answered" | "fallback" {
    const { configuration } = this.#context;
    const { chosen } = this;
    const isSecondByRule = chosen?.role === "secondary" && configuration.router === undefined;
    return isSecondByRule || !chosen?.isUsable ? "fallback" : "answered";
  }
}

/** Answers a negotiate, and tells what it came to; without a detour while nobody wants to know. */
export function toldOf(
  context: PluginContext,
  answer: (negotiation?: Negotiation) => Awaitable<void>,
): Awaitable<void> {
  const { configuration, events, tracing } = context;
  if (!events.wants("negotiated") && !tracing?.isOn) return answer();
  const attributes = { "resilient_pubsub.hub": configuration.hub };
  const description = () => ({ name: "pubsub negotiate", attributes });
  return inSpan(tracing, description, (span) => tell(context, answer, span));
}

function tell(
  context: PluginContext,
  answer: (negotiation: Negotiation) => Awaitable<void>,
  span: SpanPort | undefined,
): Awaitable<void> {
  const negotiation = new Negotiation(context);
  const end = (error?: unknown): void => {
    const result = negotiation.result(error);
    const { endpoint, outcome, code } = result;
    context.events.emit("negotiated", result);
    span?.add({ "resilient_pubsub.endpoint": endpoint, "resilient_pubsub.outcome": outcome });
    if (code !== undefined) span?.fail(code);
  };
  const answering = ifFailed(
    () => answer(negotiation),
    (error) => {
      end(error);
      throw error;
    },
  );
  return whenThere(answering, () => end());
}
