/** How large a story is. */
export interface Sizes {
  readonly clients: number;
  readonly servers: number;
  /** Units of the endpoint that takes clients. */
  readonly units: number;
  /** Connections a second that a unit takes. */
  readonly rate: number;
  readonly seed: number;
}

/** Clients a second that an endpoint is to get. */
export const limitOf = ({ units, rate }: Pick<Sizes, "units" | "rate">): number => units * rate;

/** What came of a story: in words, and what must not have. */
export interface StoryResult {
  readonly lines: readonly string[];
  readonly violations: readonly string[];
}

export const count = (value: number): string => value.toLocaleString("en-US");

export const seconds = (value: number): string => `${value.toFixed(1)} s`;
