import { NOT_WANTED } from "./abort-reason.ts";

/**
 * Asks the first; the next one as well whenever one fails, or none has answered for a while. The first
 * answer wins.
 *
 * @param ending Ends it all. It is ended here at an answer when others are still asked.
 * @throws A list of all that went wrong, when nobody has an answer.
 */
export function firstAnswer<Asked, Answer>(
  candidates: readonly Asked[],
  ask: (candidate: Asked) => Promise<Answer>,
  patienceInMs: number,
  ending: AbortController,
): Promise<Answer> {
  const failures: unknown[] = [];
  const [...waiting] = candidates;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { signal } = ending;
  if (waiting.length > 1) signal.addEventListener("abort", () => clearTimeout(timer));
  return new Promise((resolve, reject) => {
    const next = (): void => {
      clearTimeout(timer);
      const candidate = waiting.shift();
      if (candidate === undefined || signal.aborted) return;
      if (waiting.length > 0) timer = setTimeout(next, patienceInMs);
      ask(candidate).then(
        (answer) => {
          resolve(answer);
          // One that is alone has nobody to be told, which costs as much as a request.
          if (candidates.length > 1) ending.abort(NOT_WANTED);
        },
        (error) => {
          if (failures.push(error) === candidates.length) reject(failures);
          else next();
        },
      );
    };
    next();
  });
}
