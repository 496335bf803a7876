import type { AbortSignalLike } from "../contract/abort-signal.ts";

/** What a check looks at; the order is that of the report. */
export type CheckId =
  | "versions"
  | "options"
  | "dns"
  | "tls"
  | "health"
  | "latency"
  | "clock"
  | "calls"
  | "firewall"
  | "round-trip"
  | "metadata"
  | "webhook"
  | "signature"
  | "negotiate"
  | "roles"
  | "csp"
  | "cors"
  | "stores";

/**
 * What came of looking at one thing: `pass`; `warn` for what works and should be known; `fail` for what
 * will not work; `skipped` for what was not looked at, with the reason.
 */
export type FindingStatus = "pass" | "warn" | "fail" | "skipped";

/** One line of the report. Nothing in it is a secret, and all of it is printable. */
export interface Finding {
  /** The check that it is of. */
  readonly check: CheckId;
  /** Name of the endpoint, of the store or of the origin that it is about; absent where there is none. */
  readonly subject?: string | undefined;
  /** What came of it. */
  readonly status: FindingStatus;
  /** What was found. */
  readonly what: string;
  /** What to do about it; there is one with each `fail` and each `warn`. */
  readonly remedy?: string | undefined;
}

/** What `diagnose` has found. It is plain data. */
export interface Diagnosis {
  /** Hub of the options; empty where there is none. */
  readonly hub: string;
  /** When it began, as ISO 8601. */
  readonly startedAt: string;
  /** How long it took, in milliseconds. */
  readonly durationInMs: number;
  /** In the order of the checks. */
  readonly findings: readonly Finding[];
  /** How many findings there are of each kind. */
  readonly counts: Readonly<Record<FindingStatus, number>>;
  /** Whether nothing fails. */
  readonly ok: boolean;
}

/** What `diagnose` is told besides the options of the plugin. */
export interface DiagnoseOptions {
  /**
   * Where the service reaches the running app. With a path it is the URL template of the event handler, as
   * it stands in the portal; without one, the path of `upstream` is added.
   *
   * @default the checks `webhook` and `signature` are skipped
   */
  publicUrl?: string | undefined;
  /**
   * Where clients negotiate with the running app.
   *
   * @default the origin of `publicUrl` with `negotiate.path`; without that, `negotiate` and `cors` are skipped
   */
  negotiateUrl?: string | undefined;
  /**
   * What to send along with a negotiate, such as `{ Authorization: "Bearer ..." }` of a test user.
   * Never repeated.
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The `Content-Security-Policy` of the pages.
   * @default `csp` is skipped
   */
  csp?: string | undefined;
  /**
   * Origins of the pages that negotiate, such as `https://www.example.com`.
   * @default `cors` is skipped
   */
  origins?: readonly string[] | undefined;
  /**
   * Roles that clients are given, besides those in the token that negotiate answers with.
   */
  roles?: readonly string[] | undefined;
  /**
   * Texts as users write them, which a firewall on the way should let through; each is sent to nobody.
   * @default a line with HTML and one with SQL
   */
  samples?: readonly string[] | undefined;
  /**
   * Only these checks, and those that they rest on.
   * @default all
   */
  checks?: readonly CheckId[] | undefined;
  /**
   * The longest that one call of a check may take, in milliseconds.
   * @default 5000
   */
  timeoutInMs?: number | undefined;
  /** Ends it early; `diagnose` rejects with its reason. */
  abortSignal?: AbortSignalLike | undefined;
  /** Told of each check as it begins, and of what it has found. What it throws is ignored. */
  onProgress?: ((progress: DoctorProgress) => void) | undefined;
}

/** How far `diagnose` is. */
export interface DoctorProgress {
  /** The check. */
  readonly check: CheckId;
  /** What it looks at, in a few words. */
  readonly title: string;
  /** How many checks are done. */
  readonly done: number;
  /** How many there are. */
  readonly total: number;
  /** Absent when it begins. */
  readonly findings?: readonly Finding[] | undefined;
}
