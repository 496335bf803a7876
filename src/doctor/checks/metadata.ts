import { probeMetadata } from "../../history/metadata-probe.ts";
import { fail, forEachEndpoint, pass, skipped, warn } from "../check.ts";
import { clientUrl } from "../client-url.ts";
import { withTimeout } from "../with-timeout.ts";

/** The same look as the plugin's, which positions of the history depend on. */
export const metadataCheck = forEachEndpoint({
  id: "metadata",
  title: "what is sent beside a message arrives with it",
  needs: ["dns", "tls", "health", "calls", "round-trip"],
  runFor: async (context, endpoint) => {
    const finding = await withTimeout(context, async (signal) =>
      probeMetadata(endpoint, await clientUrl(context, endpoint), signal),
    ).catch((error) => {
      if (context.signal.aborted) throw error;
      return "unknown" as const;
    });
    if (finding === "carried") return pass("metadata of messages arrives");
    if (finding === "unknown") return skipped("could not be found out");
    const what = "the endpoint drops the metadata of messages";
    switch (context.configuration.history?.carrier) {
      case "metadata":
        return fail(`${what}, in which history keeps its positions`, CARRY_IN_DATA);
      case "data":
        return pass(`${what}; history does without it (carrier: "data")`);
      default:
        return warn(what, `nothing depends on it yet; ${CARRY_IN_DATA}, once there is a history`);
    }
  },
});

const CARRY_IN_DATA = 'say history.carrier: "data" on all servers';
