import type { EndpointRole } from "./endpoint.ts";
import type { ErrorCode } from "./error-code.ts";
import type { FanOutReport } from "./fan-out-report.ts";

/**
 * The events that come with the traffic: one for each request, operation, check or call. They are
 * what metrics are made of, and are made only while somebody listens, so that they cost nothing else.
 */
export interface FrequentPubSubEvents {
  /** A negotiate was answered, whatever the answer. */
  negotiated: {
    /** The endpoint that the client is sent to, or would have been; undefined: none was chosen. */
    endpoint: string | undefined;
    /** Its role; undefined when none was chosen. */
    role: EndpointRole | undefined;
    /**
     * `answered`: with an endpoint, by the normal rule or the `router`. `fallback`: with a secondary
     * in place of a primary, or one that is not well since none is. `shed`: turned away by
     * `negotiate.maxPerSecond`. `refused`: any other answer.
     */
    outcome: "answered" | "fallback" | "shed" | "refused";
    /** Why there was no endpoint, such as `ERR_NO_HEALTHY_ENDPOINT`; undefined when there was. */
    code: ErrorCode | undefined;
    /** Endpoints of this plugin that the client said it had failed on. */
    claimedFailed: readonly string[];
    /** From the request to the answer, in milliseconds; `authenticate` included. */
    durationInMs: number;
  };
  /** A connected client asked whether to stay, by a review or as it caught up. */
  reviewed: {
    /** Where it is; undefined when this plugin has no such endpoint. */
    endpoint: string | undefined;
    /** `stay`, `move`, or `renew`: it stays and negotiates for another grant. */
    outcome: "stay" | "move" | "renew";
    /** Why it is to move, such as `unhealthy`; undefined when it is not. */
    reason: string | undefined;
  };
  /** A client asked for what it has missed. */
  caughtUp: {
    /** `answered`, `shed` by `negotiate.maxPerSecond`, or `refused`. */
    outcome: "answered" | "shed" | "refused";
    /** Why it was not answered; undefined when it was. */
    code: ErrorCode | undefined;
    /** Streams that it was given all of that it had missed, which may be nothing. */
    recovered: number;
    /** Streams that it was told a gap of. */
    missed: number;
    /** Messages that it was given. */
    messages: number;
    /** From the request to the answer, in milliseconds. */
    durationInMs: number;
  };
  /** An operation on the endpoints has ended, such as a broadcast; pages of a list are not told. */
  operation: {
    /** What was asked for, such as `broadcast` or `group.sendToAll`. */
    operation: string;
    /** What became of it on every endpoint; `report.outcomes` has durations. */
    report: FanOutReport;
    /** From its call to its last outcome, in milliseconds; the log of the history included. */
    durationInMs: number;
  };
  /** An endpoint was looked at. */
  probe: {
    /** Which one. */
    endpoint: string;
    /** `health`: a request of its health route; `canary`: a message of the plugin's own to nobody. */
    kind: "health" | "canary";
    /** `inconclusive` says nothing about the endpoint: this process was busy, or it is closing. */
    outcome: "passed" | "failed" | "inconclusive";
    /** Why it failed, as `DownReason` or, for a canary, `failing-calls`; undefined when it did not. */
    reason: string | undefined;
    /** In milliseconds. */
    durationInMs: number;
  };
  /** The service, or somebody who says so, called the upstream route. */
  upstreamEvent: {
    /** What about: the handshake of the service, or a kind of event; `user` has all user events. */
    kind: UpstreamEventKind;
    /** `failed`: a handler of the application has; `refused`: it was not handled. */
    outcome: "answered" | "failed" | "refused";
    /** Why it was refused or failed; undefined when it was answered. */
    code: ErrorCode | undefined;
    /** From the request to the answer, in milliseconds; handlers of the application included. */
    durationInMs: number;
  };
  /** A store of the agreement or of the history was called. */
  storeCall: {
    /** Which of the two. */
    store: "coordination" | "history";
    /** What was asked of it, by the name of the method, such as `append`. */
    call: string;
    /** Whether it did not fail. */
    ok: boolean;
    /** In milliseconds. */
    durationInMs: number;
  };
}

/** What the service calls the upstream route for; `other` is what this version does not know. */
export type UpstreamEventKind =
  | "validation"
  | "connect"
  | "connected"
  | "disconnected"
  | "joined"
  | "left"
  | "user"
  | "publish"
  | "other";
