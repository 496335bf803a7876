/** One thing that happened, as it is told to `onActivity`. Never with a key or a token. */
export type Activity =
  | {
      readonly kind: "clientConnected";
      readonly hub: string;
      readonly connectionId: string;
      readonly userId: string | null;
      readonly subprotocol: string | undefined;
    }
  /** A reliable client is back on a new socket. */
  | { readonly kind: "clientRecovered"; readonly hub: string; readonly connectionId: string }
  | { readonly kind: "clientRefused"; readonly path: string; readonly status: number }
  | {
      readonly kind: "clientDisconnected";
      readonly hub: string;
      readonly connectionId: string;
      readonly reason: string;
    }
  | {
      readonly kind: "restCall";
      readonly method: string;
      /** Without the query, which may hold a token. */
      readonly path: string;
      readonly status: number;
    }
  /** An event on its way to an app server; `status` is undefined when none was reached. */
  | {
      readonly kind: "event";
      readonly hub: string;
      readonly connectionId: string;
      readonly event: string;
      readonly url: string;
      readonly status: number | undefined;
      readonly durationInMs: number;
    }
  /** What is broken from now on; nothing when the list is empty. */
  | { readonly kind: "faults"; readonly faults: readonly string[] };
