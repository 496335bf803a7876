/**
 * Asks the first; the next one as well whenever one fails, or none has answered for a while. The first
 * answer wins, and those that are slower are cancelled.
 *
 * @param ask Resolves with an answer; rejects when another may have a better one.
 * @throws A list of all that went wrong, when nobody answers. It does not settle after the signal has ended.
 */
export async function firstAnswer<Answer>(
  urls: readonly string[],
  ask: (url: string, signal: AbortSignal) => Promise<Answer>,
  patienceInMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const failures: unknown[] = [];
  const ending = new AbortController();
  const [...waiting] = urls;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(timer);
    ending.abort();
  };
  signal.addEventListener("abort", end);
  try {
    return await new Promise((resolve, reject) => {
      const next = (): void => {
        clearTimeout(timer);
        const url = waiting.shift();
        if (url === undefined || ending.signal.aborted) return;
        if (waiting.length > 0) timer = setTimeout(next, patienceInMs);
        ask(url, ending.signal).then(resolve, (error) => {
          if (failures.push(error) === urls.length) reject(failures);
          else next();
        });
      };
      next();
    });
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}
