/** Waits for a condition; the deadline is generous, since only its absence is a failure. */
export async function until<T>(
  condition: () => T | Promise<T>,
  deadlineInMs = 15_000,
): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + deadlineInMs;
  for (;;) {
    const result = await condition();
    if (result) return result as NonNullable<T>;
    if (performance.now() > giveUpAt)
      throw new Error(`not within ${deadlineInMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
