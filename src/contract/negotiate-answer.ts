import type { EndpointRole } from "./endpoint.ts";

/** What a negotiating client is answered, as JSON. */
export interface NegotiateAnswer {
  /** WebSocket URL with access token. */
  readonly url: string;
  /** Name of the endpoint behind it, to be given back as `?failed=` if it does not work out. */
  readonly endpoint: string;
  /** What that endpoint is for the app server that answered. */
  readonly role: EndpointRole;
  /** Until when the token can be used to connect, ISO 8601. */
  readonly expiresAt: string;
  /** In the client-client topology: the number of the servers' agreement on that endpoint. */
  readonly epoch?: number | undefined;
  /**
   * In the client-client topology: what tells that agreement from another one of the same number,
   * which there may be after the servers' store has lost something.
   */
  readonly incarnation?: string | undefined;
}
