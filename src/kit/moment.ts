/** One instant on both clocks: the wall's for people, the monotonic one for everything measured. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Milliseconds that never jump, whatever happens to the wall clock. */
  readonly monotonic: number;
}

export const thisMoment = (): Moment => ({ at: Date.now(), monotonic: performance.now() });
