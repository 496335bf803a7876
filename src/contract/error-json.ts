import type { ErrorCode } from "./error-code.ts";
import type { FanOutReport } from "./fan-out-report.ts";

/** What an error of this package becomes as JSON: fit for a browser or a log, as it is. */
export interface ErrorJson {
  /** Of the error's class. */
  readonly name: string;
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** One line for people, without secrets, addresses or text of the service. */
  readonly message: string;
}

/** What a `FanOutError` becomes as JSON. */
export interface FanOutErrorJson extends ErrorJson {
  /** What became of it on every endpoint; of each error its code, status and one line. */
  readonly report: FanOutReport;
}
