/** Where negotiate sends the client. */
export interface NegotiatedEndpoint {
  /** WebSocket URL with access token. */
  readonly url: string;
  readonly endpoint: string;
  /** See `NegotiateAnswer`. */
  readonly epoch?: number | undefined;
}

/** Where a client is, or is told to be. */
export type EndpointAndEpoch = Omit<NegotiatedEndpoint, "url">;

/**
 * Whether the servers have moved all clients since, if only away and back. An older answer is one of
 * a server that lags behind, and is followed as any other: to refuse it, the client would have to
 * stay away until that server has caught up, and the servers' sweep brings it back from there.
 */
export const hasNewerEpoch = (from: EndpointAndEpoch, to: EndpointAndEpoch): boolean =>
  from.epoch !== undefined && to.epoch !== undefined && to.epoch > from.epoch;

/** Whether the client cannot stay as it is. */
export const mustMove = (from: EndpointAndEpoch, to: EndpointAndEpoch): boolean =>
  to.endpoint !== from.endpoint || hasNewerEpoch(from, to);
