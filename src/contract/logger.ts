/** What a log line tells besides its text: `event`, `hub`, and what the event of that name tells. */
export interface LogFields {
  /** Name of the event, as in `PubSubEvents`, or `negotiated` for an explanation. */
  readonly event: string;
  /** As configured. */
  readonly hub: string;
  /** As the event has it; an error as its code, its status and one line. */
  readonly [name: string]: unknown;
}

/**
 * Where log lines go. `pino`, `bunyan` and whatever is made like them can be given as they are. A
 * logger that has a method `log` as well, such as `console` and `winston`, wants it the other way
 * round, and is called with `(message, fields)`.
 *
 * @example
 * ```ts
 * const logger: Logger = {
 *   error: (fields, message) => page(message, fields), // yours
 *   warn: (fields, message) => console.warn(message, fields),
 * };
 * ```
 */
export interface Logger {
  /** Nobody can be served, or something of this package or the application is broken. */
  error(fields: LogFields, message: string): unknown;
  /** Something is wrong that the plugin works around; and that it is well again. */
  warn(fields: LogFields, message: string): unknown;
  /** Orders of operators, and what is as it should be. Default: not logged. */
  info?(fields: LogFields, message: string): unknown;
  /**
   * Why each negotiate was answered with its endpoint; called only if `isLevelEnabled("debug")` is
   * true, since it costs something for each negotiate.
   */
  debug?(fields: LogFields, message: string): unknown;
  /** As `pino` and `winston` have it. Default: nothing is logged at `debug`. */
  isLevelEnabled?(level: string): boolean;
}
