export interface Explanation {
  readonly tone: "good" | "bad" | "neutral";
  /** What is so. */
  readonly fact: string;
  /** What follows from it, and why. */
  readonly reason: string;
}
