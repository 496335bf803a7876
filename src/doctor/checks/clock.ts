import { fail, forEachEndpoint, pass, skipped, warn } from "../check.ts";
import { SET_CLOCK } from "../explain-failure.ts";
import { askHealth } from "../measure-health.ts";

/** Dates of answers are whole seconds. */
const NOTABLE_IN_MS = 30_000;
/** Tokens are taken with a tolerance of five minutes. */
const INTOLERABLE_IN_MS = 300_000;

export const clockCheck = forEachEndpoint({
  id: "clock",
  title: "clocks agree",
  needs: ["dns", "tls", "health"],
  runFor: async (context, endpoint) => {
    const answer = await askHealth(endpoint, context).catch((error) => {
      if (context.signal.aborted) throw error;
    });
    const date = Date.parse(answer?.headers.date ?? "");
    if (Number.isNaN(date)) return skipped("no answer tells the time there");
    const skewInMs = Date.now() - date;
    const seconds = Math.round(Math.abs(skewInMs) / 1000);
    const what = `the clock of this server is ${seconds} s ${skewInMs > 0 ? "ahead of" : "behind"} the service's`;
    if (Math.abs(skewInMs) >= INTOLERABLE_IN_MS) return fail(what, SET_CLOCK);
    if (Math.abs(skewInMs) >= NOTABLE_IN_MS) return warn(what, SET_CLOCK);
    return pass("the clocks agree within 30 s");
  },
});
