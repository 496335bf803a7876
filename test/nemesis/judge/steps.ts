/** A span of time, in the milliseconds of the recording. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Something that is one way from one moment on, and another way from the next. */
export class Steps<T> {
  readonly #initial: T;
  readonly #steps: { readonly at: number; readonly value: T }[] = [];

  constructor(initial: T) {
    this.#initial = initial;
  }

  /** In the order of time. */
  add(at: number, value: T): void {
    this.#steps.push({ at, value });
  }

  at(time: number): T {
    return this.#steps.findLast(({ at }) => at <= time)?.value ?? this.#initial;
  }

  /** Whether it was such a way from one moment to another. */
  isThroughout({ from, to }: Span, fits: (value: T) => boolean): boolean {
    return this.#within(from, to).every(fits);
  }

  /** Whether it was such a way at any moment from one to another. */
  isEver({ from, to }: Span, fits: (value: T) => boolean): boolean {
    return this.#within(from, to).some(fits);
  }

  /** When it was such a way, within a span. */
  spans({ from, to }: Span, fits: (value: T) => boolean): Span[] {
    const edges = [
      from,
      ...this.#steps.map(({ at }) => at).filter((at) => at > from && at < to),
      to,
    ];
    const spans: Span[] = [];
    for (const [index, start] of edges.slice(0, -1).entries()) {
      const end = edges[index + 1] as number;
      if (!fits(this.at(start))) continue;
      const last = spans.at(-1);
      if (last?.to === start) spans[spans.length - 1] = { from: last.from, to: end };
      else spans.push({ from: start, to: end });
    }
    return spans;
  }

  #within(from: number, to: number): T[] {
    const changes = this.#steps.filter(({ at }) => at > from && at <= to);
    return [this.at(from), ...changes.map(({ value }) => value)];
  }
}

/** What two lists of spans have in common. */
export function intersectionOf(a: readonly Span[], b: readonly Span[]): Span[] {
  return a.flatMap((one) =>
    b
      .map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) }))
      .filter(({ from, to }) => from < to),
  );
}
