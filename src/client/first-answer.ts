/**
 * Asks the first; the next one as well whenever one fails, or none has answered for a while. The first
 * answer wins.
 *
 * @param signal Ends it all, and is to end when there is an answer: the others need not go on.
 * @throws A list of all that went wrong, when nobody has an answer.
 */
export function firstAnswer<Asked, Answer>(
  candidates: readonly Asked[],
  ask: (candidate: Asked) => Promise<Answer>,
  patienceInMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const failures: unknown[] = [];
  const [...waiting] = candidates;
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return new Promise((resolve, reject) => {
    const next = (): void => {
      clearTimeout(timer);
      const candidate = waiting.shift();
      if (candidate === undefined || signal.aborted) return;
      timer = setTimeout(next, patienceInMs);
      ask(candidate).then(resolve, (error) => {
        if (failures.push(error) === candidates.length) reject(failures);
        else next();
      });
    };
    next();
  });
}
