/**
 * What tells an agreement, or an answer of negotiate, from another one of the same number;
 * empty where there is none.
 */
export function incarnationOf(told: object | undefined): string {
  return told && "incarnation" in told ? String(told.incarnation) : "";
}
