/** What is known of a span before it begins. Values must be few: they become an index of whoever keeps them. */
export interface SpanDescription {
  readonly name: string;
  /** A `client` span waits for somebody else; default: `internal`. */
  readonly kind?: "internal" | "client";
  readonly attributes: SpanAttributes;
}

export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

/** A span that is under way. */
export interface SpanPort {
  add(attributes: SpanAttributes): void;
  /** Marks it as failed. @param type As `error.type`. */
  fail(type: string): void;
}

/** Where spans of what a plugin does go. */
export interface TracingPort {
  /** Whether somebody records them. */
  readonly isOn: boolean;
  /**
   * Does a task within a span, which is the active one meanwhile and ends with it: at once, or with
   * the promise that the task answers.
   */
  span<T>(description: SpanDescription, task: (span: SpanPort) => T): T;
}

/** Does a task within a span, if somebody records them. */
export function inSpan<T>(
  tracing: TracingPort | undefined,
  description: () => SpanDescription,
  task: (span?: SpanPort) => T,
): T {
  return tracing?.isOn ? tracing.span(description(), task) : task();
}
