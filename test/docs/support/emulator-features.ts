/** A test: its file below `test/`, and its title. */
export type Proof = readonly [file: string, title: string];

/** What is supported, and the tests that show it. */
export interface Supported {
  readonly what: string;
  readonly notes?: string;
  readonly shownBy: readonly Proof[];
}
