import { randomBytes } from "node:crypto";
import type { PluginContext } from "../context/plugin-context.ts";
import type { Identity } from "../contract/options.ts";

const ANONYMOUS_ID_LENGTH = 12;

/**
 * Where there is a history, a client without a user gets one: the service names the sender of what a
 * client sends to a group, and only by that can it be told from what the app server sends.
 */
export function withUser({ configuration }: PluginContext, identity: Identity): Identity {
  if (!configuration.history || identity.userId) return identity;
  return { ...identity, userId: anonymousId() };
}

export const anonymousId = (): string =>
  `anonymous-${randomBytes(ANONYMOUS_ID_LENGTH).toString("base64url")}`;
