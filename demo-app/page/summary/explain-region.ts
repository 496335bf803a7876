import type { EndpointView, EnvironmentView, LinkView, ServerView } from "../../contract/live.ts";
import { are, countText, faultOf, listed, plainReason } from "../kit/text-format.ts";
import type { ClientLocations } from "../live/client-locations.ts";
import type { Explanation } from "./explanation.ts";

interface Region {
  readonly environment: EnvironmentView;
  readonly locations: ClientLocations;
  readonly server: ServerView;
  /** Its index among the app servers. */
  readonly homeRegion: number;
}

/** What a region's app server takes its primary for, and where the clients of the region are. */
interface Situation {
  readonly region: string;
  readonly answers: string;
  readonly primary: EndpointView;
  readonly link: LinkView;
  readonly clients: number;
  readonly onPrimary: number;
  readonly onAnswer: number;
  readonly without: number;
}

export function explainRegion(region: Region): Explanation {
  const { environment, server, locations, homeRegion } = region;
  if (!server.isRunning) return explainStopped(environment, server);
  const link = server.links.find(({ role }) => role === "primary");
  const primary = environment.endpoints.find(({ name }) => name === link?.endpoint);
  if (server.answers === null || !link || !primary) return explainNobody(region);
  const at = (name: string): number =>
    locations.at(
      homeRegion,
      environment.endpoints.findIndex((endpoint) => endpoint.name === name),
    );
  const situation = {
    region: server.region,
    answers: server.answers,
    primary,
    link,
    clients: locations.inHomeRegion(homeRegion),
    onPrimary: at(primary.name),
    onAnswer: at(server.answers),
    without: locations.at(homeRegion, -1),
  };
  if (server.answers !== primary.name) return explainFailover(situation, environment);
  if (link.health === "unhealthy") return explainLastResort(situation);
  if (primary.fault) return explainUnnoticed(situation);
  return explainAtHome(situation, region);
}

function explainStopped({ servers }: EnvironmentView, { region }: ServerView): Explanation {
  const other = servers.find(({ isRunning, answers }) => isRunning && answers !== null);
  return {
    tone: "bad",
    fact: `The app server in ${region} is stopped.`,
    reason: other
      ? `Its clients keep their connections; new ones are sent to the app server in ${other.region}, which answers ${other.answers}.`
      : "Connections live on, but nobody can negotiate a new one.",
  };
}

function explainNobody({ locations, server: { region }, homeRegion }: Region): Explanation {
  const waiting = locations.at(homeRegion, -1);
  return {
    tone: "bad",
    fact: `Nobody serves new clients of ${region}.`,
    reason: `Its app server sees no healthy endpoint, so negotiate refuses; ${countText(waiting, "client")} of ${region} ${are(waiting)} without a place.`,
  };
}

function explainFailover(situation: Situation, { endpoints }: EnvironmentView): Explanation {
  const { region, primary, link } = situation;
  const forced = endpoints.find(({ isForced }) => isForced);
  const why = primary.isDrained
    ? `${primary.name} is drained.`
    : `${forced?.name ?? "Another endpoint"} is forced by an operator.`;
  const because = `because the app server in ${region} answers negotiate with its secondary`;
  return {
    tone: link.health === "unhealthy" ? "bad" : "neutral",
    fact: link.health === "unhealthy" ? sayDown(link) : why,
    reason: `${locationsText(situation)}, ${because}.`,
  };
}

function locationsText({ answers, primary, clients, onPrimary, onAnswer }: Situation): string {
  const all = countText(clients, "client");
  if (onAnswer === clients) return `Its ${all} ${are(clients)} served by ${answers}`;
  if (onPrimary > 0) {
    const who = onPrimary === clients ? `Its ${all}` : `${onPrimary} of its ${all}`;
    const hold = onPrimary === 1 ? "holds" : "hold";
    return `${who} still ${hold} on to ${primary.name}, but new ones go to ${answers}`;
  }
  if (onAnswer === 0) return `Its ${all} ${are(clients)} on the way to ${answers}`;
  return `${onAnswer} of its ${all} ${are(onAnswer)} on ${answers} already`;
}

function explainLastResort({ region, link }: Situation): Explanation {
  return {
    tone: "bad",
    fact: sayDown(link),
    reason: `Nothing is better, so the app server in ${region} answers negotiate with it all the same, as a last resort.`,
  };
}

function explainUnnoticed({
  region,
  primary,
  clients,
  onPrimary,
  without,
}: Situation): Explanation {
  const moved = clients - onPrimary - without;
  if (moved > 0) {
    return {
      tone: "bad",
      fact: `${faultOf(primary)}.`,
      reason: `${moved} of its ${countText(clients, "client")} ${are(moved)} on the secondary already: they have reported it, before the app server in ${region} has found out by itself.`,
    };
  }
  return {
    tone: "bad",
    fact: `${faultOf(primary)}.`,
    reason: `To the app server in ${region} it still looks healthy, so negotiate keeps answering ${primary.name}.`,
  };
}

function explainAtHome(
  situation: Situation,
  { environment, locations, homeRegion }: Region,
): Explanation {
  const { region, primary, clients, onPrimary, without } = situation;
  const away = clients - onPrimary - without;
  if (away > 0) {
    const others = environment.endpoints.filter(
      ({ name }, index) => name !== primary.name && locations.at(homeRegion, index) > 0,
    );
    const who = away === clients ? "its" : `${away} of its`;
    const where = listed(others.map(({ name }) => name));
    const stay = `${who} ${countText(clients, "client")} ${are(away)} on ${where}`;
    return {
      tone: "neutral",
      fact: `${primary.name} is in use again.`,
      reason:
        environment.failback === "paced"
          ? `New clients go there; ${stay}; the app servers call them home, a few at a time.`
          : `New clients go there; ${stay} until they reconnect, because failback is natural.`,
    };
  }
  if (without > 0) {
    return {
      tone: "neutral",
      fact: `${primary.name} is healthy.`,
      reason: `${without} of the ${countText(clients, "client")} of ${region} ${are(without)} on the way to it.`,
    };
  }
  return {
    tone: "good",
    fact: `${primary.name} is healthy.`,
    reason: `It serves its own ${countText(clients, "client")}, because the app server in ${region} answers negotiate with its primary.`,
  };
}

function sayDown({ endpoint, reason }: LinkView): string {
  return `${endpoint} is down${reason ? ` (${plainReason(reason)})` : ""}.`;
}
