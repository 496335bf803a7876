/** Made by `continuity`, for the option of that name. */
export interface Continuity {
  /** @internal */
  readonly attach: (host: never, negotiate: never) => unknown;
}
