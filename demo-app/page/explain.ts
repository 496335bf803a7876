import type { EndpointView, ServerView, WorldView } from "../shared/live.ts";
import type { Census } from "./live/census.ts";
import { count, FAULT_WORDS, listed, plainReason } from "./words.ts";

export interface Explanation {
  readonly tone: "good" | "bad" | "neutral";
  /** What is so. */
  readonly fact: string;
  /** What follows from it, and why. */
  readonly reason: string;
}

/** Which region serves whom, and why: one explanation if all is well, else one for each region. */
export function explain(world: WorldView, census: Census): Explanation[] {
  if (world.agreement) return [explainAgreement(world, census, world.agreement)];
  const regions = world.servers.map((server, home) => explainRegion(world, census, server, home));
  if (regions.every(({ tone }) => tone === "good")) return [explainCalm(world, census)];
  return regions;
}

function explainCalm({ servers }: WorldView, census: Census): Explanation {
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
  world: WorldView,
  census: Census,
  { active, epoch }: { active: string; epoch: number },
): Explanation {
  const there = census.on(indexOf(world, active));
  const all = census.clients.size;
  const who = there === all ? `all ${count(all, "client")}` : `${there} of ${count(all, "client")}`;
  const broken = world.endpoints.find(({ fault }) => fault !== null);
  const agreed = `all app servers agree on ${active}`;
  return {
    tone: there === all && !broken ? "good" : "neutral",
    fact: broken ? `${sayFault(broken)}.` : `${capitalised(agreed)}.`,
    reason: broken
      ? `${capitalised(agreed)} (agreement ${epoch}), and ${who} ${are(there)} there.`
      : `So ${who} ${are(there)} there and hear each other (agreement ${epoch}).`,
  };
}

function explainRegion(
  world: WorldView,
  census: Census,
  server: ServerView,
  home: number,
): Explanation {
  const { region, answers } = server;
  if (!server.isRunning) return explainStopped(world, server);
  if (answers === null) {
    const waiting = census.at(home, -1);
    return {
      tone: "bad",
      fact: `Nobody serves new clients of ${region}.`,
      reason: `Its app server sees no healthy endpoint, so negotiate refuses; ${count(waiting, "client")} of ${region} ${are(waiting)} without a place.`,
    };
  }
  const primary = server.links.find(({ role }) => role === "primary")?.endpoint ?? region;
  if (answers !== primary) return explainFailover(world, census, server, home, primary);
  return explainAtHome(world, census, server, home, primary);
}

function explainStopped({ servers }: WorldView, { region }: ServerView): Explanation {
  const other = servers.find(({ isRunning, answers }) => isRunning && answers !== null);
  return {
    tone: "bad",
    fact: `The app server in ${region} is stopped.`,
    reason: other
      ? `Its clients keep their connections; who negotiates anew is sent to the app server in ${other.region}, which answers ${other.answers}.`
      : "Connections live on, but nobody can negotiate a new one.",
  };
}

function explainFailover(
  world: WorldView,
  census: Census,
  { region, answers, links }: ServerView,
  home: number,
  primary: string,
): Explanation {
  const clients = census.ofHome(home);
  const moved = census.at(home, indexOf(world, answers ?? ""));
  const link = links.find(({ endpoint }) => endpoint === primary);
  const because = `the app server in ${region} answers negotiate with its secondary`;
  return {
    tone: link?.health === "unhealthy" ? "bad" : "neutral",
    fact: whyNot(world, primary, link?.health === "unhealthy" ? link.reason : null),
    reason: `${whereabouts(clients, moved, answers ?? "")}, because ${because}.`,
  };
}

function whereabouts(clients: number, moved: number, endpoint: string): string {
  const all = count(clients, "client");
  if (moved === clients) return `Its ${all} ${are(clients)} served by ${endpoint}`;
  if (moved === 0) return `Its ${all} ${are(clients)} on the way to ${endpoint}`;
  return `${moved} of its ${all} ${are(moved)} on ${endpoint} already`;
}

function whyNot({ endpoints }: WorldView, primary: string, reason: string | null): string {
  const endpoint = endpoints.find(({ name }) => name === primary);
  if (reason !== null) return `${primary} is down (${plainReason(reason)}).`;
  if (endpoint?.isDrained) return `${primary} is drained.`;
  const forced = endpoints.find(({ isForced }) => isForced);
  if (forced) return `${forced.name} is forced by an operator.`;
  return `${primary} is not in use.`;
}

function explainAtHome(
  world: WorldView,
  census: Census,
  { region }: ServerView,
  home: number,
  primary: string,
): Explanation {
  const clients = census.ofHome(home);
  const own = census.at(home, indexOf(world, primary));
  const without = census.at(home, -1);
  const away = clients - own - without;
  const endpoint = world.endpoints.find(({ name }) => name === primary);
  if (endpoint?.fault) {
    return {
      tone: "bad",
      fact: `${sayFault(endpoint)}.`,
      reason: `To the app server in ${region} it still looks healthy, so negotiate keeps answering ${primary}.`,
    };
  }
  if (away > 0) {
    const others = world.endpoints.filter(
      ({ name }, index) => name !== primary && census.at(home, index) > 0,
    );
    const who = away === clients ? "its" : `${away} of its`;
    const where = listed(others.map(({ name }) => name));
    const stay = `${who} ${count(clients, "client")} ${are(away)} on ${where}`;
    return {
      tone: "neutral",
      fact: `${primary} is in use again.`,
      reason:
        world.failback === "paced"
          ? `${stay}; the app servers close them a few at a time, and they come home.`
          : `New clients go there; ${stay} until they reconnect, because failback is natural.`,
    };
  }
  if (without > 0) {
    return {
      tone: "neutral",
      fact: `${primary} is healthy.`,
      reason: `${without} of the ${count(clients, "client")} of ${region} ${are(without)} on the way to it.`,
    };
  }
  return {
    tone: "good",
    fact: `${primary} is healthy.`,
    reason: `It serves its own ${count(clients, "client")}, because the app server in ${region} answers negotiate with its primary.`,
  };
}

function are(number: number): string {
  return number === 1 ? "is" : "are";
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sayFault({ name, fault }: EndpointView): string {
  if (fault === "crash") return `${name} has crashed`;
  if (fault === "blackhole") return `${name} is a black hole`;
  if (fault === "gray") return `${name} fails every send`;
  if (fault === "key-rotated") return `${name} has another key`;
  if (fault === "access-denied") return `${name} denies access`;
  return `${name} is ${fault ? FAULT_WORDS[fault].state : "fine"}`;
}

function indexOf({ endpoints }: WorldView, name: string): number {
  return endpoints.findIndex((endpoint) => endpoint.name === name);
}
