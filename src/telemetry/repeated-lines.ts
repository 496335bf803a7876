import { BoundedMap } from "../kit/bounded-map.ts";

/** A line that may be followed by others like it. */
export type Tell = (others: number) => void;

interface Series {
  /** Tells of the newest one. */
  last: Tell;
  others: number;
  readonly timer: NodeJS.Timeout;
}

const INTERVAL_IN_MS = 60_000;
/** More kinds than there are; whatever is never the same twice must not fill the memory. */
const maxSeries = 1000;

/**
 * Lines that come as often as requests do: the first of a kind is told at once, then the newest each
 * minute, with the number of the others, until there is a minute without.
 */
export class RepeatedLines {
  readonly #series = new BoundedMap<string, Series>(maxSeries);
  #isClosed = false;

  tell(kind: string, line: Tell): void {
    const series = this.#series.get(kind);
    if (series) {
      series.last = line;
      series.others += 1;
      return;
    }
    line(0);
    if (!this.#isClosed) this.#begin(kind, line);
  }

  /** Tells what is left, and ends. */
  close(): void {
    this.#isClosed = true;
    for (const [kind, series] of [...this.#series.entries()]) this.#end(kind, series);
  }

  #begin(kind: string, last: Tell): void {
    const end = (): void => {
      this.#end(kind, series);
      if (series.others > 0) this.#begin(kind, series.last);
    };
    const timer = setTimeout(end, INTERVAL_IN_MS).unref();
    const series: Series = { last, others: 0, timer };
    const oldest = this.#series.set(kind, series);
    if (oldest) this.#tellOthers(oldest[1]);
  }

  #end(kind: string, series: Series): void {
    this.#series.delete(kind);
    this.#tellOthers(series);
  }

  #tellOthers({ last, others, timer }: Series): void {
    clearTimeout(timer);
    if (others > 0) last(others - 1);
  }
}
