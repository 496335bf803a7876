import type { Endpoint } from "../../service/endpoint.ts";
import { type DoctorContext, fail, forEachEndpoint, pass, warn } from "../check.ts";
import { explainFailure } from "../explain-failure.ts";
import { askHealth } from "../measure-health.ts";

const SAMPLES = 3;
/** A health check whose answer takes a quarter of its deadline as a rule will miss it now and then. */
const LARGE_SHARE_OF_DEADLINE = 1 / 4;

/** Each sample is a connection of its own, so that it tells what a first call pays. */
export const latencyCheck = forEachEndpoint({
  id: "latency",
  title: "answers come soon",
  needs: ["dns", "tls", "health"],
  runFor: async (context, endpoint) => {
    const durations: number[] = [];
    try {
      for (let sample = 0; sample < SAMPLES; sample++) {
        durations.push(await durationOf(context, endpoint));
      }
    } catch (error) {
      if (context.signal.aborted) throw error;
      const { what, remedy } = explainFailure(error, endpoint);
      return fail(`a request of ${SAMPLES} ${what}`, remedy);
    }
    const [fastest = 0, median = 0, slowest = 0] = durations.sort((a, b) => a - b).map(Math.round);
    const what = `${median} ms, connection included (${fastest} to ${slowest})`;
    const { timeoutInMs } = context.configuration.health;
    return median < timeoutInMs * LARGE_SHARE_OF_DEADLINE
      ? pass(what)
      : warn(`${what}, of the ${timeoutInMs} ms of a health check`, FAR);
  },
});

const FAR =
  "is it far away, or its link slow? Run the app beside its primary, or raise health.timeoutInMs and fanOut.timeoutInMs";

async function durationOf(context: DoctorContext, endpoint: Endpoint): Promise<number> {
  return (await askHealth(endpoint, context)).durationInMs;
}
