import { probe } from "../../health/probe.ts";
import { fail, forEachEndpoint, pass, warn } from "../check.ts";
import { remedyOfDownReason } from "../explain-failure.ts";

/** The same check as the plugin's, with its deadline. */
export const healthCheck = forEachEndpoint({
  id: "health",
  title: "health checks succeed",
  needs: ["dns", "tls"],
  runFor: async ({ configuration, signal }, endpoint) => {
    const { timeoutInMs } = configuration.health;
    const ending = new AbortController();
    const end = (): void => ending.abort();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    try {
      const result = await probe(endpoint, { timeoutInMs, signal: ending.signal });
      if (result === "inconclusive") return warn(INCONCLUSIVE, "try again");
      if (result.ok) return pass("the health check succeeds");
      return fail(`the health check fails: ${result.reason}`, remedyOfDownReason(result.reason));
    } finally {
      signal.removeEventListener("abort", end);
    }
  },
});

const INCONCLUSIVE = "the health check failed for a reason of this process";
