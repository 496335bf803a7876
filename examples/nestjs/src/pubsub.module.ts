import { type BeforeApplicationShutdown, Inject, Module } from "@nestjs/common";
import { endpointsFromEnv, type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";

/** What the plugin is injected by. */
export const PUBSUB = Symbol("pubsub");

function createPubSub(): ResilientPubSub {
  return resilientPubSub({
    hub: "chat",
    endpoints: endpointsFromEnv(), // WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY, ...__WESTUS__SECONDARY
    negotiate: {
      // REPLACE THIS: it believes any name. Return the user of your session or token, or null for 401.
      authenticate: ({ query }) => (query.user ? { userId: String(query.user) } : null),
    },
  });
}

@Module({ providers: [{ provide: PUBSUB, useFactory: createPubSub }], exports: [PUBSUB] })
export class PubSubModule implements BeforeApplicationShutdown {
  constructor(@Inject(PUBSUB) private readonly pubsub: ResilientPubSub) {}

  /** New negotiates get 503, what is under way is finished. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.pubsub.close({ drainInMs: 10_000 });
  }
}
