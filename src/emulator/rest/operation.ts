import type { Reply } from "../http/reply.ts";
import type { Hub } from "../hub/hub.ts";
import type { Payload } from "../protocol/message.ts";

/** One REST call that has passed every check that is the same for all operations. */
export interface RestCall {
  readonly hub: Hub;
  /** Segments of the path, decoded and valid for their kind. */
  readonly group: string;
  readonly userId: string;
  readonly connectionId: string;
  readonly query: URLSearchParams;
}

export interface MessageCall extends RestCall {
  readonly payload: Payload;
}

interface Place {
  readonly method: "DELETE" | "GET" | "HEAD" | "POST" | "PUT";
  /** Below the hub; a segment in braces is a parameter. */
  readonly path: string;
}

/** One operation of the service. Answers, or throws a `RestFailure`. */
export type Operation =
  | (Place & { readonly body: "none"; readonly run: (call: RestCall) => Reply })
  | (Place & { readonly body: "message"; readonly run: (call: MessageCall) => Reply });
