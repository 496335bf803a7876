import { PubSubClientError } from "../errors.ts";
import { isObject } from "../options.ts";
import type { SavedPositions } from "../wire-types.ts";
import { readPosition, type StreamPosition } from "./envelope.ts";

/** @throws PubSubClientError `ERR_INVALID_OPTIONS` when they are not what `client.positions` was. */
export function readSavedPositions({
  grant,
  streams,
  connections,
}: SavedPositions): Record<string, StreamPosition> {
  const isGrant = grant === undefined || typeof grant === "string";
  const areIds = Array.isArray(connections) && connections.every((id) => typeof id === "string");
  if (!isObject(streams) || !isGrant || !areIds) throw invalid();
  const entries = Object.entries(streams).map(([name, text]) => {
    const position = readPosition(text);
    if (!position) throw invalid();
    return [name, position] as const;
  });
  return Object.fromEntries(entries);
}

const invalid = (): PubSubClientError =>
  new PubSubClientError(
    "ERR_INVALID_OPTIONS",
    "Option since of continuity must be what client.positions was.",
  );
