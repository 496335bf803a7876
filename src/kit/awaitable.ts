/**
 * What may be there at once. A negotiate mostly waits for nothing, and each promise on its way would
 * cost it: most of all where a context follows each, as it does for tracing.
 */
export type Awaitable<T> = T | Promise<T>;

/** What comes next of a value: at once if it is there, else when its promise is fulfilled. */
export function whenThere<T, U>(
  value: T | PromiseLike<T>,
  next: (value: T) => Awaitable<U>,
): Awaitable<U> {
  return isPromiseLike(value) ? Promise.resolve(value).then(next) : next(value);
}

/** Does a task, and what is left to do when it throws, or its promise is rejected. */
export function ifFailed<T>(
  task: () => Awaitable<T>,
  rescue: (error: unknown) => Awaitable<T>,
): Awaitable<T> {
  let done: Awaitable<T>;
  try {
    done = task();
  } catch (error) {
    return rescue(error);
  }
  return isPromiseLike(done) ? Promise.resolve(done).catch(rescue) : done;
}

/** An application's promises may be of any library. */
function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}
