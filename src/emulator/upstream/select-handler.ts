import type { EventHandlerSettings, SystemEvent } from "../options.ts";

export type UpstreamEvent =
  | { readonly kind: "system"; readonly name: SystemEvent }
  | { readonly kind: "user"; readonly name: string };

/** The first handler that wants the event; the others do not hear of it. */
export function selectHandler(
  handlers: readonly EventHandlerSettings[],
  event: UpstreamEvent,
): EventHandlerSettings | undefined {
  return handlers.find((handler) =>
    event.kind === "system"
      ? handler.systemEvents.includes(event.name)
      : matchesUserEvent(handler.userEventPattern, event.name),
  );
}

export function eventUrl(template: string, hub: string, event: string): string {
  return template
    .replaceAll("{hub}", encodeURIComponent(hub))
    .replaceAll("{event}", encodeURIComponent(event));
}

/** `*` alone is everything; else names with commas between, where `*` and `?` stop at dots. */
function matchesUserEvent(pattern: string, name: string): boolean {
  if (pattern.trim() === "*") return true;
  return pattern.split(",").some((part) => toExpression(part.trim()).test(name));
}

function toExpression(pattern: string): RegExp {
  const source = pattern.replace(/\*{2,}|[*?]|[^A-Za-z0-9_]/g, (token) => {
    if (token.startsWith("**")) return ".*";
    if (token === "*") return "[^.]*";
    if (token === "?") return "[^.]";
    return `\\u{${token.codePointAt(0)?.toString(16)}}`;
  });
  return new RegExp(`^${source}$`, "iu");
}
