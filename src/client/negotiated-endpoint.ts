/** Where negotiate sends the client. */
export interface NegotiatedEndpoint {
  /** WebSocket URL with access token. */
  readonly url: string;
  readonly endpoint: string;
  /** See `NegotiateAnswer`. */
  readonly epoch?: number | undefined;
  readonly incarnation?: string | undefined;
}

/** Where a client is, or is told to be. */
export type EndpointAndEpoch = Omit<NegotiatedEndpoint, "url">;

/**
 * Whether the servers have moved all clients since, if only away and back: by a newer agreement, or by
 * another one of the same number, after their store has lost something. An older answer is one of
 * a server that lags behind, and is followed as any other: to refuse it, the client would have to
 * stay away until that server has caught up, and the servers' sweep brings it back from there.
 */
export function hasNewerEpoch(from: EndpointAndEpoch, to: EndpointAndEpoch): boolean {
  if (from.epoch === undefined || to.epoch === undefined) return false;
  if (to.epoch !== from.epoch) return to.epoch > from.epoch;
  return Boolean(from.incarnation && to.incarnation) && to.incarnation !== from.incarnation;
}

/** Whether the client cannot stay as it is. */
export const mustMove = (from: EndpointAndEpoch, to: EndpointAndEpoch): boolean =>
  to.endpoint !== from.endpoint || hasNewerEpoch(from, to);
