import type { GroupEvent, SystemEvent } from "../contract/emulator-options.ts";
import type { EventHandlerSettings } from "../options/hub-schema.ts";
import { matchesUserEvent } from "./event-pattern.ts";

export type UpstreamEvent =
  | { readonly kind: "system"; readonly name: SystemEvent }
  | { readonly kind: "group"; readonly name: GroupEvent }
  | { readonly kind: "user"; readonly name: string };

/** The first handler that wants the event; the others do not hear of it. */
export function selectHandler(
  handlers: readonly EventHandlerSettings[],
  event: UpstreamEvent,
): EventHandlerSettings | undefined {
  return handlers.find((handler) => wants(handler, event));
}

/** The URL of a handler for one event, each parameter percent-encoded. */
export function eventUrl(template: string, hub: string, event: string): string {
  return template
    .replace(/\{hub\}/gi, () => encodeURIComponent(hub))
    .replace(/\{event\}/gi, () => encodeURIComponent(event));
}

function wants(handler: EventHandlerSettings, event: UpstreamEvent): boolean {
  switch (event.kind) {
    case "system":
      return handler.systemEvents.includes(event.name);
    case "group":
      return handler.groupEvents.includes(event.name);
    case "user":
      return matchesUserEvent(handler.userEventPattern, event.name);
  }
}
