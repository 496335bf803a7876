/** What one check found in a recording. */
export interface Verdict {
  /** What must hold. */
  readonly rule: string;
  /** How often it was looked whether it does. */
  readonly checked: number;
  /** How often nobody could say, for what was broken at that moment. */
  readonly excused: number;
  readonly violations: readonly Violation[];
}

export interface Violation {
  /** In the milliseconds of the recording. */
  readonly at: number;
  readonly what: string;
}

/** What became of one look. */
export type Finding = "fine" | "excused" | Violation;

export function verdictOf(rule: string, findings: readonly Finding[]): Verdict {
  return {
    rule,
    checked: findings.length,
    excused: findings.filter((it) => it === "excused").length,
    violations: findings.filter((it): it is Violation => typeof it === "object"),
  };
}
