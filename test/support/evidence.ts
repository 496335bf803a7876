import type { ResilientPubSub } from "express-resilient-pubsub";

/** What is known of the endpoints, apart from the sockets that are open or busy at the moment. */
export const evidenceOf = ({ endpoints }: ResilientPubSub) =>
  endpoints.snapshot().map(({ sockets: _, ...known }) => known);
