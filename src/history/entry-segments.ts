/** Entries of one stream and epoch that somebody lacks, both ends included. */
export interface Wanted {
  readonly from: number;
  readonly to: number;
  /** Whether those at the end are welcome without the others. */
  readonly isTail: boolean;
}

/** Offsets in a row, both ends included. */
export interface Segment {
  readonly from: number;
  readonly to: number;
}

/**
 * What is to be read so that each that is wanted can be told whether it is there: nothing twice, and
 * the first of each apart, because a stream loses its entries from that end. Of a tail each one is
 * apart.
 *
 * @param cached What is known already.
 */
export function segmentsToRead(
  wanted: readonly Wanted[],
  cached: Segment | undefined,
): readonly Segment[] {
  const starts = new Set<number>();
  for (const { from, to, isTail } of wanted) {
    starts.add(from).add(from + 1);
    for (let offset = from; isTail && offset <= to; offset += 1) starts.add(offset);
    starts.add(to + 1);
  }
  if (cached) starts.add(cached.from).add(cached.to + 1);
  const points = [...starts].sort((one, other) => one - other);
  const isNeeded = ({ from, to }: Segment): boolean =>
    wanted.some((one) => one.from <= from && to <= one.to) &&
    !(cached && cached.from <= from && to <= cached.to);
  return points
    .map((from, index) => ({ from, to: (points[index + 1] ?? from) - 1 }))
    .filter((segment) => segment.from <= segment.to && isNeeded(segment));
}
