import type { Request } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import type { EndpointExplanation, NegotiateExplanation } from "../contract/negotiate-answer.ts";
import type { Router } from "../contract/options.ts";
import { fullBy, type RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { servingEndpoints } from "../endpoints/serving-order.ts";
import { mayKnow } from "../http/may-know.ts";
import type { Awaitable } from "../kit/awaitable.ts";
import { safeText } from "../kit/safe-text.ts";
import { Negotiation } from "./negotiation.ts";

/** What an explanation is made of. */
export interface Situation {
  readonly endpoints: readonly RegisteredEndpoint[];
  readonly chosen: RegisteredEndpoint | undefined;
  /** Those that the client said it had failed on. */
  readonly claimedFailed: readonly RegisteredEndpoint[];
  /** What the application's router has answered; undefined when it was not asked, or has not said. */
  readonly routed: string | undefined;
  readonly isAgreed: boolean;
  /** Whether an endpoint has as many clients as it may. */
  readonly isFull: (endpoint: RegisteredEndpoint) => boolean;
}

/** Why a negotiate was answered with its endpoint, and not with another one. */
export function explain(situation: Situation): NegotiateExplanation {
  const { chosen, endpoints, isFull, routed } = situation;
  return {
    chosen: chosen?.name,
    routed,
    endpoints: endpoints.map((endpoint): EndpointExplanation => {
      const { name, role, state, reason, weight, drained, forced } = endpoint;
      const why = endpoint === chosen ? whyChosen(situation) : whyNot(endpoint, situation);
      const full = isFull(endpoint);
      return { endpoint: name, role, state, reason, weight, full, drained, forced, why };
    }),
  };
}

function whyChosen({ chosen, endpoints, isAgreed, isFull, routed }: Situation): string {
  if (isAgreed) return "the servers have agreed on it";
  if (chosen?.forced) return "an operator has forced it";
  if (routed === chosen?.name) return "the router has chosen it";
  if (!chosen?.isUsable) return "nobody is healthy, and this is better than nothing";
  const usable = endpoints.filter(({ isUsable }) => isUsable);
  if (usable.every(isFull)) return "all are full, and this is better than nothing";
  // It may have taken the last place itself.
  const serving = servingEndpoints(usable, (one) => one !== chosen && isFull(one));
  if (!serving.includes(chosen)) return "the client has failed on those that come before it";
  const isOverflow = usable.some(({ role }) => role === "primary");
  const why = isOverflow ? "since all primaries are full," : "since no primary is left,";
  const rank = chosen.role === "primary" ? "primary" : `secondary, ${why}`;
  return serving.length === 1
    ? `it is the first healthy ${rank} in the order given`
    : `it was drawn, by weight, of ${serving.length} that share`;
}

function whyNot(endpoint: RegisteredEndpoint, situation: Situation): string {
  const { chosen, claimedFailed, isAgreed, isFull, routed } = situation;
  if (isAgreed) return "the servers have agreed on another one";
  if (endpoint.leaving) return "an operator has removed it";
  if (endpoint.drained) return "an operator has drained it";
  if (endpoint.joining) return "it has not been found healthy since it was added";
  if (endpoint.state === "unhealthy") return `it is down: ${endpoint.reason}`;
  if (claimedFailed.includes(endpoint)) return "the client has said that it failed there";
  if (endpoint.state === "unknown") return "it has not been looked at yet";
  if (chosen?.forced) return "an operator has forced another one";
  if (routed !== undefined && routed === chosen?.name) return "the router has chosen another one";
  if (isFull(endpoint)) return "it has as many clients as it may have: maxClients";
  return chosen?.role === "primary" && endpoint.role === "secondary"
    ? "a primary serves"
    : "another one comes before it, or was drawn";
}

/** A negotiate whose answer is explained: to the caller, the log, or both. */
export class ExplainedNegotiation {
  /** As that of the plugin, but that it sees what the router answers. */
  readonly context: PluginContext;
  readonly negotiation: Negotiation;
  readonly #isForCaller: boolean;
  #routed: string | undefined;

  constructor(
    context: PluginContext,
    isForCaller: boolean,
    negotiation = new Negotiation(context),
  ) {
    this.negotiation = negotiation;
    this.#isForCaller = isForCaller;
    const { configuration } = context;
    const { router } = configuration;
    this.context = router
      ? { ...context, configuration: { ...configuration, router: this.#watching(router) } }
      : context;
  }

  /** Tells the log; the result is for the caller, if it may know. */
  result(): NegotiateExplanation | undefined {
    const { agreed, census, log, registry } = this.context;
    const { chosen, claimedFailed } = this.negotiation;
    const endpoints = registry.all();
    const isAgreed = agreed !== undefined;
    const routed = this.#routed;
    const isFull = fullBy(census);
    const explanation = explain({ endpoints, chosen, claimedFailed, routed, isAgreed, isFull });
    if (log?.isDebug) {
      const whyOf = endpoints.indexOf(chosen as RegisteredEndpoint);
      const why = explanation.endpoints[whyOf]?.why ?? "no endpoint could be chosen";
      const name = chosen ? JSON.stringify(chosen.name) : "no endpoint";
      log.explain(safeText(`a negotiate was answered with ${name}: ${why}`), explanation);
    }
    return this.#isForCaller ? explanation : undefined;
  }

  #watching(router: Router): Router {
    return async (req, candidates) => {
      const answer = await router(req, candidates);
      const name = typeof answer === "object" ? answer?.name : answer;
      this.#routed = typeof name === "string" ? safeText(name) : undefined;
      return answer;
    };
  }
}

/** Undefined for nearly all: nobody has asked for an explanation, or may have one. */
export function explainedNegotiation(
  context: PluginContext,
  req: Request,
  negotiation: Negotiation | undefined,
): Awaitable<ExplainedNegotiation | undefined> {
  const { configuration, log } = context;
  const isAskedFor = configuration.negotiate.explain !== undefined && req.url.includes("explain");
  if (!isAskedFor && !log?.isDebug) return undefined;
  return made(context, req, negotiation);
}

async function made(
  context: PluginContext,
  req: Request,
  negotiation: Negotiation | undefined,
): Promise<ExplainedNegotiation | undefined> {
  const { explain } = context.configuration.negotiate;
  const isForCaller =
    req.query.explain !== undefined &&
    (await mayKnow(context.events, "negotiate.explain", explain, req));
  if (!isForCaller && !context.log?.isDebug) return undefined;
  return new ExplainedNegotiation(context, isForCaller, negotiation);
}
