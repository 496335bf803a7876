import {
  FanOutError,
  type ResilientPubSub,
  type ResilientPubSubOptions,
} from "express-resilient-pubsub";
import type { ChatMessage } from "../contract/live.ts";
import type { ChatEvent } from "../events/client-events.ts";
import { textOf } from "./plugin-options.ts";

export interface ChatListener {
  chatReceived(event: ChatEvent): void;
}

type Upstream = NonNullable<ResilientPubSubOptions["upstream"]>;

/** The event comes from the clients of one endpoint; the broadcast goes to those of all. */
export function chatUpstream(
  region: string,
  pubsubNow: () => ResilientPubSub | undefined,
  listener: ChatListener,
): Upstream {
  return {
    handleUserEvent: async ({ context, data }, response) => {
      const text = textOf((data as { text?: unknown } | null)?.text);
      if (text === "") {
        response.success();
        return;
      }
      const user = context.userId ?? "guest";
      const pubsub = pubsubNow();
      const endpoint = pubsub ? endpointAt(pubsub, context.origin) : null;
      listener.chatReceived({ server: region, endpoint, user, text });
      const message: ChatMessage = { kind: "chat", from: user, text, server: region };
      try {
        await pubsub?.broadcast(message);
        response.success();
      } catch (error) {
        if (!(error instanceof FanOutError)) throw error;
        response.fail(500, error.message);
      }
    },
  };
}

function endpointAt(pubsub: ResilientPubSub, origin: string): string | null {
  const isThere = ({ url }: { url: string }): boolean => {
    const { host, hostname } = new URL(url);
    return origin === host || origin === hostname;
  };
  return pubsub.endpoints.snapshot().find(isThere)?.name ?? null;
}
