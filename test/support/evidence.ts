import type { ResilientPubSub } from "express-resilient-pubsub";

/** What evidence has made of the endpoints, apart from what was seen of them last. */
export const evidenceOf = ({ endpoints }: ResilientPubSub) =>
  endpoints.snapshot().map(({ name, state, reason, since }) => ({ name, state, reason, since }));
