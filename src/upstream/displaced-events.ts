import type { PluginContext } from "../context/plugin-context.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { primaryOf } from "../marker-groups/displaced-group.ts";
import { isMarker } from "../marker-groups/marker.ts";
import type { SystemBody } from "./event-body.ts";
import type { EventHeaders } from "./event-headers.ts";

/**
 * Remembers of an event's connection that it is displaced: when it connects with a marker in its token,
 * or leaves the marker group.
 *
 * @param body Undefined for a user event.
 */
export function noteDisplaced(
  { configuration, displaced, registry }: PluginContext,
  { type, connectionId }: EventHeaders,
  body: SystemBody | undefined,
  sender: RegisteredEndpoint,
): void {
  if (configuration.failback.close === false || body === undefined) return;
  if (type === "azure.webpubsub.sys.disconnected") displaced.forget(connectionId, sender);
  const names = groupsOf(type, body).map(primaryOf);
  // The name that is remembered is our own: that in the event may be of any length.
  const primary = registry
    .all()
    .find(({ name, role }) => role === "primary" && names.includes(name));
  if (primary) displaced.add(connectionId, sender, primary.name);
}

/** Whether an event tells that a connection has joined or left a group of this package's own. */
export function isOfMarker({ type }: EventHeaders, body: SystemBody | undefined): boolean {
  return type.startsWith("azure.webpubsub.gp.") && isMarker(body?.group);
}

/** The groups that an event says the connection is, or was, in. */
function groupsOf(type: string, body: SystemBody): unknown[] {
  if (type === "azure.webpubsub.gp.left") return [body.group];
  if (type !== "azure.webpubsub.sys.connect") return [];
  const claims = body.claims as Record<string, string[]> | null | undefined;
  return claims?.["webpubsub.group"] ?? [];
}
