import { boundsOf } from "./bounds.ts";
import type { Truth } from "./truth.ts";
import { type Finding, type Verdict, verdictOf } from "./verdict.ts";

/** Nobody is refused by a server whose agreed endpoint answers it well. */
export function judgeRefusals(truth: Truth): Verdict {
  const { refusalInMs } = boundsOf(truth.settings);
  const findings = truth.of("answer").map((answer): Finding => {
    const { server, run, status, code, askedAt, at } = answer;
    if (status === 0 || status === 200) return "fine";
    const agreed = truth
      .of("agreed")
      .findLast((it) => it.server === server && it.run === run && it.at <= askedAt);
    // It has just started, and does not know any agreement yet.
    if (agreed === undefined) return "excused";
    const lagInMs = truth.lagIn({ from: askedAt - refusalInMs, to: at }, [
      "conductor",
      `${server}-${run}`,
      agreed.active,
    ]);
    const span = { from: askedAt - refusalInMs - 2 * lagInMs, to: at };
    const { active } = agreed;
    const isWell =
      truth.isRunning(server, span, run) &&
      truth.isOpen(server, active, span) &&
      truth.isSound(active, span);
    if (!isWell) return "excused";
    const what = `${server}#${run} answers ${status} ${code}, though its agreed endpoint ${active} answers it well`;
    return { at, what };
  });
  return verdictOf("no server refuses clients while its agreed endpoint answers well", findings);
}
