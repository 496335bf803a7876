import { median, quantile, spread } from "./statistics.mjs";

const percent = (share) => `±${(share * 50).toFixed(0)} %`;

export function printQuestion(question, conditions) {
  console.log(`\n${question}`);
  for (const condition of conditions) console.log(`  ${condition}`);
}

/** One line for one subject: its median, and half the spread of its rounds. */
export function printFigure(subject, values, unit, digits = 0) {
  const figure = `${median(values).toFixed(digits)} ${unit}`;
  const rounds = values.length === 1 ? "1 round" : `${values.length} rounds`;
  console.log(
    `  ${subject.padEnd(34)}${figure.padStart(16)}   ${rounds}, ${percent(spread(values))}`,
  );
}

/** The median of the rounds' ratios, between their quartiles. */
export function printRatio(subject, values, verdict = "") {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(2));
  console.log(`  ${subject.padEnd(34)}${`${middle} x`.padStart(16)}   ${low} .. ${high}${verdict}`);
}

export const judge = (isMet, goal) => `   ${isMet ? "meets" : "MISSES"} the goal: ${goal}`;
