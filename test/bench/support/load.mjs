// The load: a process of its own, with autocannon on kept connections.
import autocannon from "autocannon";
import { serveCalls } from "./serve-calls.mjs";

serveCalls({
  info: () => ({}),

  /** Requests per second; every one of them must be accepted. */
  async fire({ url, seconds, connections, requests }) {
    const result = await autocannon({ url, duration: seconds, connections, requests });
    const { non2xx, errors, timeouts } = result;
    if (non2xx + errors + timeouts > 0) {
      throw new Error(`${non2xx} refused, ${errors} failed, ${timeouts} timed out.`);
    }
    return result["2xx"] / result.duration;
  },
});
