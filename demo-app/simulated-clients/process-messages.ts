/** What the process of the crowd is given on its start. */
export interface CrowdSettings {
  /** The negotiate route that sends each client to the app server of its home. */
  readonly negotiateUrl: string;
  /** Clients get them in turn. */
  readonly homes: readonly string[];
}

/** What the crowd is asked to do. */
export type CrowdOrder =
  | { readonly kind: "resize"; readonly size: number }
  | { readonly kind: "hearers"; readonly call: number; readonly text: string }
  | { readonly kind: "say"; readonly call: number; readonly id: number; readonly text: string };

export interface Hearer {
  readonly id: number;
  readonly at: number;
}

export interface ToldMove {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly downtimeInMs: number;
  readonly at: number;
}

export interface News {
  readonly kind: "news";
  /** Where those are that are somewhere else than they were. */
  readonly places: readonly (readonly [id: number, endpoint: string | null])[];
  readonly gone: readonly number[];
  /** Those that were asked to leave: their connection has not been lost by accident. */
  readonly dismissed: readonly number[];
  readonly moves: readonly ToldMove[];
  /** Messages heard since the last news, by client. */
  readonly heard: readonly (readonly [id: number, endpoint: string, messages: number])[];
}

/** What the crowd tells. */
export type CrowdTold =
  | { readonly kind: "ready" }
  | News
  | {
      readonly kind: "answer";
      readonly call: number;
      readonly hearers?: readonly Hearer[];
      /** Why it could not be done. */
      readonly error?: string;
    };
