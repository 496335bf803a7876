/** How the names of the groups begin by which this package marks connections. */
export const MARKER_PREFIX = "resilient-pubsub.";

/**
 * The group of all clients that negotiate has placed where servers agree on one endpoint, so that a
 * look at another tells whether anybody is left there.
 */
export const NEGOTIATED_GROUP = `${MARKER_PREFIX}placed`;

/** The group of all clients on an endpoint that is evacuated; they are put there by then. */
export const EVACUATED_GROUP = `${MARKER_PREFIX}evacuated`;

/** The group of all clients that keep positions, and can tell a message that they have had before. */
export const CONTINUITY_GROUP = `${MARKER_PREFIX}continuity`;

/** Whether a group is one of this package's, of which applications need not know. */
export const isMarker = (group: unknown): group is string =>
  typeof group === "string" && group.startsWith(MARKER_PREFIX);

/**
 * The answer of a connect handler, with the markers of the token. The groups in an answer replace
 * those of the token, of which the application knows nothing.
 */
export function keepMarkers<Answer>(
  answer: Answer,
  claims: Readonly<Record<string, readonly string[]>> | undefined,
): Answer {
  const { groups } = (answer ?? {}) as { groups?: unknown };
  const held = claims?.["webpubsub.group"];
  if (!Array.isArray(groups) || groups.length === 0 || !Array.isArray(held)) return answer;
  const markers = held.filter((group) => isMarker(group) && !groups.includes(group));
  return markers.length === 0 ? answer : { ...answer, groups: [...groups, ...markers] };
}
