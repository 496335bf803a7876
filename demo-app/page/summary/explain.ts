import type { EnvironmentView } from "../../contract/live.ts";
import { are, capitalised, countText, faultOf, listed } from "../kit/text-format.ts";
import type { ClientLocations } from "../live/client-locations.ts";
import { explainRegion } from "./explain-region.ts";
import type { Explanation } from "./explanation.ts";

/** Which region serves whom, and why: one explanation if all is well, else one for each region that is not. */
export function explain(environment: EnvironmentView, locations: ClientLocations): Explanation[] {
  if (environment.agreement)
    return [explainAgreement(environment, locations, environment.agreement)];
  const regions = environment.servers.map((server, homeRegion) =>
    explainRegion({ environment, locations, server, homeRegion }),
  );
  if (regions.every(({ tone }) => tone === "good"))
    return [explainAllHealthy(environment, locations)];
  return regions.filter(({ tone }) => tone !== "good");
}

function explainAllHealthy({ servers }: EnvironmentView, locations: ClientLocations): Explanation {
  const parts = servers.map((server, homeRegion) => {
    const clients = countText(locations.inHomeRegion(homeRegion), "client");
    return homeRegion === 0
      ? `${server.region} serves its ${clients}`
      : `${server.region} its ${clients}`;
  });
  const subject = servers.length > 1 ? "each app server" : "the app server";
  return {
    tone: "good",
    fact: "All is well.",
    reason: `${listed(parts)}, because ${subject} answers negotiate with its primary.`,
  };
}

function explainAgreement(
  environment: EnvironmentView,
  locations: ClientLocations,
  { active, epoch }: { active: string; epoch: number },
): Explanation {
  const there = locations.on(environment.endpoints.findIndex(({ name }) => name === active));
  const all = locations.clients.size;
  const who =
    there === all ? `all ${countText(all, "client")}` : `${there} of ${countText(all, "client")}`;
  const broken = environment.endpoints.find(({ fault }) => fault !== null);
  const agreed = `all app servers agree on ${active}`;
  return {
    tone: there === all && !broken ? "good" : "neutral",
    fact: broken ? `${faultOf(broken)}.` : `${capitalised(agreed)}.`,
    reason: broken
      ? `${capitalised(agreed)} (agreement ${epoch}), and ${who} ${are(there)} there.`
      : `So ${who} ${are(there)} there and hear each other (agreement ${epoch}).`,
  };
}
