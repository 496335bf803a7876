/** What a client of a rehearsal did, in milliseconds since its beginning. */
export type ClientEvent = { readonly at: number; readonly client: number } & (
  | { readonly kind: "connected"; readonly endpoint: string }
  | { readonly kind: "lost" }
  /** The connection that was lost, or another one, is up. */
  | { readonly kind: "back"; readonly endpoint: string }
  | {
      readonly kind: "moved";
      readonly from: string;
      readonly to: string;
      readonly downtimeInMs: number;
      /** Undefined where nothing is logged. */
      readonly recovered: boolean | undefined;
    }
  | { readonly kind: "negotiate-failed"; readonly status: number | undefined }
  | { readonly kind: "connect-failed"; readonly endpoint: string }
  | { readonly kind: "stopped"; readonly code: string }
);

/** When each part of a rehearsal began, in milliseconds since its beginning. */
export interface DrillMarks {
  /** All clients had their first connection, or had had the time for it. */
  readonly baseline: number;
  /** The region was broken; without an admin route the moment of the first loss. */
  readonly broken: number | undefined;
  /** The region was healed, by the admin route. */
  readonly healed: number | undefined;
  readonly ended: number;
}
