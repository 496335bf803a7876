import type { Diagnosis, Finding, FindingStatus } from "./contract.ts";

/** Marks a word by its status, as with colours. */
export type Paint = (status: FindingStatus, text: string) => string;

const WORDS = { pass: "ok", warn: "WARN", fail: "FAIL", skipped: "skip" } as const;
const unpainted: Paint = (_status, text) => text;

/**
 * The findings as a table, a line each and one more for each remedy, and what they come to at its end.
 *
 * @param paint Colours the words of the first column. Default: none.
 */
export function formatDiagnosis(diagnosis: Diagnosis, paint: Paint = unpainted): string[] {
  const { findings } = diagnosis;
  const widthOf = (text: (finding: Finding) => string): number =>
    Math.max(0, ...findings.map((finding) => text(finding).length));
  const checks = widthOf(({ check }) => check);
  const subjects = Math.min(
    maxSubjectWidth,
    widthOf((finding) => subjectOf(finding)),
  );
  const indent = " ".repeat(4 + 2 + checks + 2 + (subjects > 0 ? subjects + 2 : 0));
  const lines = findings.flatMap((finding) => {
    const { check, status, what, remedy } = finding;
    const word = paint(status, WORDS[status].padEnd(4));
    const subject = subjects > 0 ? `${subjectOf(finding).padEnd(subjects)}  ` : "";
    const line = `${word}  ${check.padEnd(checks)}  ${subject}${what}`.trimEnd();
    return remedy === undefined ? [line] : [line, `${indent}-> ${remedy}`];
  });
  return [...lines, "", summaryOf(diagnosis)];
}

/** The name of a store is longer than any endpoint's, and need not make room in all lines. */
const maxSubjectWidth = 20;

const subjectOf = ({ subject }: Finding): string => subject ?? "";

function summaryOf({ counts, durationInMs, hub }: Diagnosis): string {
  const { pass, warn, fail, skipped } = counts;
  const seconds = (durationInMs / 1000).toFixed(1);
  return `Hub ${hub || "(none)"}: ${pass} ok, ${warn} to know of, ${fail} failing, ${skipped} not looked at, in ${seconds} s.`;
}
