export const options = JSON.parse(process.argv[2] ?? "{}");

/** What this process has taken of the processor so far. */
export function cpuInMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const common = {
  cpuInMs,
  async memory() {
    // Several times, with pauses: finalizers and weak references let go of some only then.
    for (let pass = 0; pass < 3; pass++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heap: heapUsed + external };
  },
};

/** Answers the calls of the `Worker` that started this process; ends with it. */
export function serveCalls(calls) {
  const all = { ...common, ...calls };
  process.on("message", async ({ id, name, argument }) => {
    try {
      process.send({ id, result: (await all[name](argument)) ?? null });
    } catch (error) {
      process.send({ id, problem: error.message });
    }
  });
  process.on("disconnect", () => process.exit());
}
