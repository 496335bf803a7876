import type { KnownPosition } from "../../contract/history-store.ts";
import { maxClosings } from "../history-bounds.ts";

/** Where an epoch has ended. */
export interface Closing {
  readonly epoch: string;
  /** The furthest that anybody can have been given of it, as far as is known. */
  readonly offset: number;
}

/** What is remembered of a stream beside its messages. */
export interface StreamRecord {
  readonly epoch: string;
  /** Offset of the last message; 0 before the first. */
  readonly top: number;
  /** Id of the last message; undefined before the first. */
  readonly lastId: string | undefined;
  /** The generation of the hub that the epoch was begun in. */
  readonly generation: string;
  /** The last epochs that have ended, the latest last. */
  readonly closings: readonly Closing[];
}

/** What somebody who names a stream brings with them. */
export interface Touch {
  /** The generation of the hub. */
  readonly generation: string;
  /** What they know of the stream. */
  readonly known: KnownPosition | undefined;
  /** Id of the message at an offset; undefined when it is not kept any more. */
  idAt(offset: number): string | undefined;
  /** Draws a name for an epoch. */
  fresh(): string;
}

/** What became of a stream that was named. */
export interface Touched {
  readonly record: StreamRecord;
  /** A new epoch has begun: whatever is kept of the stream is of no use any more. */
  readonly isNewEpoch: boolean;
  /** Clients everywhere have to look: somebody knows more than the stream does. */
  readonly needsCheck: boolean;
}

/**
 * Whether the epoch of a stream goes on. It ends when it was begun in another generation, when
 * whoever names the stream knows of a place above its top, or of another message there, or of an
 * epoch that ended sooner than they know, or of whose end nothing is known.
 */
export function touch(record: StreamRecord | undefined, by: Touch): Touched {
  const { generation, known } = by;
  const needsCheck = known !== undefined && !isAccountedFor(known, record, by);
  if (record && record.generation === generation && !needsCheck) {
    return { record, isNewEpoch: false, needsCheck };
  }
  const ended = record && { epoch: record.epoch, offset: record.top };
  const claimed = needsCheck ? known : undefined;
  const closings = withClosing(withClosing(record?.closings ?? [], claimed), ended);
  return {
    record: { epoch: by.fresh(), top: 0, lastId: undefined, generation, closings },
    isNewEpoch: true,
    needsCheck,
  };
}

/** Ends the epoch without any other reason. */
export function renew(record: StreamRecord, generation: string, epoch: string): StreamRecord {
  const closings = withClosing(record.closings, { epoch: record.epoch, offset: record.top });
  return { epoch, top: 0, lastId: undefined, generation, closings };
}

function isAccountedFor(
  { epoch, offset, id }: KnownPosition,
  record: StreamRecord | undefined,
  { idAt }: Touch,
): boolean {
  if (record?.epoch !== epoch) {
    return (
      record?.closings.some((closing) => closing.epoch === epoch && closing.offset >= offset) ??
      false
    );
  }
  if (offset > record.top) return false;
  const found = offset === record.top ? record.lastId : idAt(offset);
  return id === undefined || found === undefined || id === found;
}

/**
 * Adds where an epoch has ended. Where more is claimed of it than is on record, the greater offset
 * counts: what was claimed is dealt with by this new epoch, and calls that are under way with the
 * same claim need not begin one each.
 */
function withClosing(closings: readonly Closing[], added: Closing | undefined): readonly Closing[] {
  if (!added) return closings;
  const { epoch } = added;
  const before = closings.find((closing) => closing.epoch === epoch)?.offset ?? 0;
  const offset = Math.max(before, added.offset);
  return [...closings.filter((closing) => closing.epoch !== epoch), { epoch, offset }].slice(
    -maxClosings,
  );
}
