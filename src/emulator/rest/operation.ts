import type { Reply } from "../http/reply.ts";
import type { Hub } from "../hub/hub.ts";
import type { Metadata, Payload } from "../protocol/message.ts";
import type { ClientTokenRequest } from "../tokens/access.ts";

/** One REST call that has passed every check that is the same for all operations. */
export interface RestCall {
  readonly hub: Hub;
  /** As the caller spells it. */
  readonly hubName: string;
  /** Segments of the path, decoded and valid for their kind; empty where the path has none. */
  readonly group: string;
  readonly userId: string;
  readonly connectionId: string;
  readonly permission: string;
  readonly query: URLSearchParams;
  /** The newest when the caller has not named any. */
  readonly apiVersion: string;
  /** The public URL of the call, without its query. */
  readonly url: string;
  issueClientToken(request: ClientTokenRequest): string;
}

export interface MessageCall extends RestCall {
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
}

export interface JsonCall extends RestCall {
  readonly json: unknown;
}

interface OperationRoute {
  readonly method: "DELETE" | "GET" | "HEAD" | "POST" | "PUT";
  /** Below the hub; a segment in braces is a parameter. */
  readonly path: string;
}

/** One operation of the service. Answers, or throws a `Refusal`. */
export type Operation = OperationRoute &
  (
    | { readonly body: "none"; readonly run: (call: RestCall) => Reply }
    | { readonly body: "message"; readonly run: (call: MessageCall) => Reply }
    | { readonly body: "json"; readonly run: (call: JsonCall) => Reply }
  );
