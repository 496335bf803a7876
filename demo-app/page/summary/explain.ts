import type { EnvironmentView } from "../../contract/live.ts";
import { are, capitalised, count, faultOf, listed } from "../kit/text-format.ts";
import type { Census } from "../live/client-locations.ts";
import { explainRegion } from "./explain-region.ts";
import type { Explanation } from "./explanation.ts";

/** Which region serves whom, and why: one explanation if all is well, else one for each region. */
export function explain(environment: EnvironmentView, census: Census): Explanation[] {
  if (environment.agreement) return [explainAgreement(environment, census, environment.agreement)];
  const regions = environment.servers.map((server, home) =>
    explainRegion({ environment, census, server, home }),
  );
  if (regions.every(({ tone }) => tone === "good")) return [explainCalm(environment, census)];
  return regions;
}

function explainCalm({ servers }: EnvironmentView, census: Census): Explanation {
  const parts = servers.map((server, home) => {
    const clients = count(census.ofHome(home), "client");
    return home === 0
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
  census: Census,
  { active, epoch }: { active: string; epoch: number },
): Explanation {
  const there = census.on(environment.endpoints.findIndex(({ name }) => name === active));
  const all = census.clients.size;
  const who = there === all ? `all ${count(all, "client")}` : `${there} of ${count(all, "client")}`;
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
