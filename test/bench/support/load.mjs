// The load: a process of its own, with autocannon on kept connections.
import autocannon from "autocannon";
import { serveCalls } from "./serve-calls.mjs";
import { quantile } from "./statistics.mjs";

serveCalls({
  info: () => ({}),

  /** Requests per second, and how long they took; every one of them must be accepted. */
  async fire({ url, seconds, connections, requests }) {
    const run = autocannon({ url, duration: seconds, connections, requests });
    // Its own histogram knows whole milliseconds only.
    const durations = [];
    run.on("response", (_client, _status, _bytes, durationInMs) => durations.push(durationInMs));
    const result = await run;
    const { non2xx, errors, timeouts } = result;
    if (non2xx + errors + timeouts > 0) {
      throw new Error(`${non2xx} refused, ${errors} failed, ${timeouts} timed out.`);
    }
    const count = result["2xx"];
    return { count, perSecond: count / result.duration, p99InMs: quantile(durations, 0.99) };
  },
});
