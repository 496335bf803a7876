import { safeText } from "../../kit/safe-text.ts";
import { type Found, fail, forEachEndpoint, pass } from "../check.ts";
import { explainFailure } from "../explain-failure.ts";
import { sendText } from "../send-text.ts";

/** What people write to each other, and rules of firewalls take for an attack. */
const SAMPLES = [
  '<p onclick="ask()">how do I call <script>alert("hi")</script>?</p>',
  "it's slow: SELECT * FROM users WHERE name = 'o''neil' OR 1=1; --",
];
const maxShownLength = 40;

/** Whether whatever stands in front of an instance lets messages through that users may write. */
export const firewallCheck = forEachEndpoint({
  id: "firewall",
  title: "messages of users get through",
  needs: ["dns", "tls", "health", "calls"],
  runFor: async (context, endpoint) => {
    const samples = context.given.samples ?? SAMPLES;
    const failures: Found[] = [];
    for (const sample of samples) {
      try {
        await sendText(context, endpoint, sample);
      } catch (error) {
        if (context.signal.aborted) throw error;
        const { what } = explainFailure(error, endpoint);
        const text = safeText(sample, maxShownLength);
        failures.push(
          fail(`a message like ${JSON.stringify(text)} ${what}, others are not`, LOOSEN),
        );
      }
    }
    return failures.length > 0
      ? failures
      : pass(`${samples.length} texts as users write them got through`);
  },
});

const LOOSEN =
  "a firewall or proxy on the way reads the messages: exclude the path /api/hubs/ from its rules about bodies";
