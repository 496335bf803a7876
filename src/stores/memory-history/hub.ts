import type { KnownPosition } from "../../contract/history-store.ts";
import { addStream, dropEntries } from "./log.ts";
import { oweAll, oweCheck } from "./outbox.ts";
import type { HubState, StepInputs, StreamState } from "./state.ts";
import { renew, type StreamRecord, touch } from "./stream-record.ts";

/** Begins a new generation when the data were written in another run of the store. */
export function enterHub(hub: HubState, inputs: StepInputs): void {
  if (hub.run === inputs.run) return;
  hub.run = inputs.run;
  beginGeneration(hub, inputs);
}

/**
 * Ends the epochs of all streams, each of which is renewed when somebody names it. One check of all
 * streams takes the place of whatever there was to be sent.
 */
export function beginGeneration(hub: HubState, { now, fresh }: StepInputs): void {
  hub.generation = fresh();
  hub.unsettled.clear();
  for (const endpoint of hub.endpoints.values()) oweAll(hub, endpoint, now);
}

/** The stream of that name, begun where there is none, and in a new epoch where the one before has ended. */
export function touchStream(
  hub: HubState,
  name: string,
  known: KnownPosition | undefined,
  { now, fresh }: StepInputs,
): StreamState {
  const before = hub.streams.get(name);
  const { record, isNewEpoch, needsCheck } = touch(before?.record, {
    generation: hub.generation,
    known,
    idAt: (offset) => before?.entries.get(offset)?.id,
    fresh,
  });
  const stream = before ?? addStream(hub, name, record);
  if (isNewEpoch) adopt(hub, name, stream, record);
  if (needsCheck) oweEverywhere(hub, name, now);
  stream.touchedAt = now;
  hub.streams.delete(name);
  hub.streams.set(name, stream);
  return stream;
}

/** Ends the epoch of a stream, unless its generation has ended it already. */
export function renewStream(hub: HubState, name: string, { now, fresh }: StepInputs): void {
  const stream = hub.streams.get(name);
  if (!stream) return;
  adopt(hub, name, stream, renew(stream.record, hub.generation, fresh()));
  stream.touchedAt = now;
  oweEverywhere(hub, name, now);
}

/** Has clients of a stream look, at all endpoints. */
export function oweEverywhere(hub: HubState, stream: string, now: number): void {
  for (const endpoint of hub.endpoints.values()) oweCheck(hub, endpoint, stream, now);
}

/** Whether the epoch is the stream's, and has not ended with its generation. */
export function isCurrent(
  hub: HubState,
  stream: StreamState | undefined,
  epoch: string,
): stream is StreamState {
  return stream?.record.epoch === epoch && stream.record.generation === hub.generation;
}

/** Whether everybody was sent a check when the epoch ended; when the stream was forgotten, nobody was. */
export function wasRenewed(stream: StreamState | undefined, epoch: string): boolean {
  if (!stream) return false;
  const { record } = stream;
  return record.epoch === epoch || record.closings.some((closing) => closing.epoch === epoch);
}

function adopt(hub: HubState, name: string, stream: StreamState, record: StreamRecord): void {
  stream.record = record;
  dropEntries(hub, name, stream);
}
