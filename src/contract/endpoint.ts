/** The part an endpoint plays for this app server; another region's server has them the other way round. */
export type EndpointRole = "primary" | "secondary";

/**
 * Why an endpoint is not healthy. `refused` covers every network failure after the name was
 * resolved (refused, reset, unreachable); `status(n)` is an answer other than 200.
 */
export type DownReason =
  | "timeout"
  | "refused"
  | "dns"
  | "tls"
  | `status(${number})`
  | "credentials-rejected"
  | "failing-calls";

/** One finished health check. */
export interface ProbeRecord {
  /** When it started, epoch milliseconds. */
  readonly at: number;
  readonly durationInMs: number;
  readonly ok: boolean;
  /** Why it failed; absent when it succeeded. */
  readonly reason?: DownReason;
}

/** What both detectors, the health check and the calls, say of an endpoint together. */
export type EndpointState = "unknown" | "healthy" | "unhealthy";

/** What is known of an endpoint at one moment; a copy that never changes. */
export interface EndpointSnapshot {
  readonly name: string;
  readonly role: EndpointRole;
  readonly weight: number | undefined;
  readonly url: string;
  readonly state: EndpointState;
  /** Why it is unhealthy. */
  readonly reason: DownReason | undefined;
  /** Since when it has been in its state, epoch milliseconds. */
  readonly since: number;
  /** Taken out of negotiate by an operator. */
  readonly drained: boolean;
  /** Preferred by an operator over every other endpoint. */
  readonly forced: boolean;
  /** Added at run time and never found healthy yet: not used until then. */
  readonly joining: boolean;
  /** Removed by an operator: out of negotiate, while fan-out still reaches its clients. */
  readonly leaving: boolean;
  readonly lastProbe: ProbeRecord | undefined;
}
