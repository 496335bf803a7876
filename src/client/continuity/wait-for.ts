/**
 * Resolves after that time, or when it is told to.
 *
 * @param listen Is given what to tell it by, and returns what is to be done in the end.
 */
export function waitFor(
  inMs: number,
  listen: (finish: () => void) => () => unknown,
): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(finish, inMs);
    const stopListening = listen(finish);
  });
}
