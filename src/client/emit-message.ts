import type { ClientEvents } from "./client-events.ts";
import type { Message } from "./continuity-port.ts";
import type { Emitter } from "./emitter.ts";

/** To whoever listens to messages of its kind. */
export function emitMessage(
  emitter: Emitter<ClientEvents>,
  message: Message,
  more?: { readonly replayed: true } | false | undefined,
): void {
  if (message.kind === "groupData") emitter.emit("group-message", { message, ...more });
  else emitter.emit("server-message", { message, ...more });
}
