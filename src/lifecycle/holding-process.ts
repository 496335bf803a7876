/** The plugin's timers are unreferenced, so whoever waits for them must keep the process alive. */
export async function holdingProcess(promise: Promise<void>): Promise<void> {
  const hold = setInterval(() => {}, 60_000);
  try {
    await promise;
  } finally {
    clearInterval(hold);
  }
}
