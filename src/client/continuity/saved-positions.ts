import { isObject } from "../options.ts";
import { readPositions, type StreamPosition } from "./envelope.ts";

/** @returns Undefined for what is not what `client.positions` was. */
export function readSavedPositions(saved: unknown): Record<string, StreamPosition> | undefined {
  const { grant, streams, connections, received = [] } = isObject(saved) ? saved : {};
  const isGrant = grant === undefined || typeof grant === "string";
  const areIds = [connections, received].every(
    (ids) => Array.isArray(ids) && ids.every((id) => typeof id === "string"),
  );
  if (!isObject(streams) || !isGrant || !areIds) return undefined;
  const positions = readPositions(streams);
  const areAllRead = Object.keys(positions).length === Object.keys(streams).length;
  return areAllRead ? positions : undefined;
}
