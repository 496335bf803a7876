import type { ClientMove } from "../contract/environment.ts";
import type { DeliveryTotals } from "./delivery-totals.ts";

/** What the process of the clients is given on its start. */
export interface ClientProcessSettings {
  /** The negotiate route that sends each client to the app server of its home region. */
  readonly negotiateUrl: string;
  /** Clients get them in turn. */
  readonly homeRegions: readonly string[];
  /** Whose client they use. Default: ours. */
  readonly client?: "ours" | "microsoft";
}

/** So many have a connection and do not hear what others hear. */
export interface DeafCounts {
  readonly withHistory: number;
  readonly withoutHistory: number;
}

/** What the process of the clients is asked to do. */
export type ClientProcessOrder =
  | { readonly kind: "resize"; readonly size: number }
  | { readonly kind: "recipients"; readonly call: number; readonly text: string }
  | {
      readonly kind: "sendChat";
      readonly call: number;
      readonly id: number;
      readonly text: string;
    };

export interface Recipient {
  readonly id: number;
  readonly at: number;
}

export interface ClientsUpdate {
  readonly kind: "update";
  /** The endpoints of those that are on another one than before; null: without a connection. */
  readonly endpoints: readonly (readonly [id: number, endpoint: string | null])[];
  readonly stopped: readonly number[];
  /** Those that were asked to leave: their connection has not been lost by accident. */
  readonly closedByServer: readonly number[];
  readonly moves: readonly ClientMove[];
  /** Messages received since the last update, by client. */
  readonly received: readonly (readonly [id: number, endpoint: string, messages: number])[];
  /** How the numbered broadcasts among them came, since the last update. */
  readonly deliveries: DeliveryTotals;
  readonly deaf: DeafCounts;
}

/** What the process of the clients sends. */
export type ClientProcessMessage =
  | { readonly kind: "ready" }
  | ClientsUpdate
  | {
      readonly kind: "answer";
      readonly call: number;
      readonly recipients?: readonly Recipient[];
      /** Why it could not be done. */
      readonly error?: string;
    };
