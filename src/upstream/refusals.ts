import type { ErrorCode } from "../contract/error-code.ts";
import { safeText } from "../kit/safe-text.ts";
import type { InternalEvents } from "../kit/typed-events.ts";

/** Time between two events about one code. */
const EVENT_INTERVAL_IN_MS = 1000;
/** As long as any host name. */
const maxOriginLength = 253;

/**
 * What to do about a refusal, if it was the service that was refused. Codes that are missing are told
 * by events of their own.
 */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  ERR_ORIGIN_NOT_ALLOWED:
    "if it is one of your instances, give it to the plugin as an endpoint; if it is its custom domain, add that to upstream.allowedOrigins",
  ERR_UNKNOWN_HUB:
    "have the event handlers of each hub call the plugin of that hub: look at the URL template on the instance, and at the option hub",
  ERR_INVALID_SIGNATURE:
    "look whether the access key that the plugin has is one of the two that the instance has now; an endpoint by credential needs upstream.authorize",
  ERR_MISSING_HEADER: "look for a proxy between the service and this server that drops headers",
  ERR_MALFORMED_HEADER: "look for a proxy between the service and this server that changes headers",
  ERR_MALFORMED_BODY:
    "look for a proxy or a body parser before the plugin that cuts or changes bodies",
  ERR_BODY_TOO_LARGE: "raise upstream.maxBodyInBytes if clients may send that much",
  ERR_BODY_CONSUMED:
    "mount the plugin before what reads bodies, or have that keep what it has read in req.body",
  ERR_UNSUPPORTED_EVENT:
    "give the option upstream a handler for such events, or take them off the event handler on the instance",
};

interface Told {
  at: number;
  /** Refusals since then. */
  untold: number;
}

/** Tells of requests that were refused. Anybody can make one, so most of many alike are only counted. */
export class Refusals {
  readonly #events: InternalEvents;
  readonly #told = new Map<ErrorCode, Told>();

  constructor(events: InternalEvents) {
    this.#events = events;
  }

  /** @param origin As the sender says it. */
  tell(code: ErrorCode, origin: string): void {
    const remedy = REMEDIES[code];
    if (remedy === undefined) return;
    const told = this.#told.get(code) ?? { at: Number.NEGATIVE_INFINITY, untold: 0 };
    this.#told.set(code, told);
    told.untold += 1;
    const now = performance.now();
    if (now - told.at < EVENT_INTERVAL_IN_MS) return;
    const count = told.untold;
    told.at = now;
    told.untold = 0;
    const known = safeText(origin, maxOriginLength);
    this.#events.emit("upstreamRefused", { code, origin: known, remedy, count });
  }
}
