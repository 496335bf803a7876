import type { ClientChange, EnvironmentView } from "../../../../demo-app/contract/live.ts";
import { ClientLocations } from "../../../../demo-app/page/live/client-locations.ts";
import { explain } from "../../../../demo-app/page/summary/explain.ts";
import {
  clientChangesOf,
  eastusDown,
  environmentWith,
} from "../../../support/environment-views.ts";

const atHome = clientChangesOf(4);
const allOnWestus = clientChangesOf(4, () => 1);
function said(environment: EnvironmentView, changes: ClientChange[]): string[] {
  const locations = new ClientLocations();
  locations.apply(changes);
  return explain(environment, locations).map(({ fact, reason }) => `${fact} ${reason}`);
}

// biome-ignore format: one line for each case
const cases: [what: string, environment: EnvironmentView, changes: ClientChange[], lines: string[]][] = [
  ["all well", environmentWith(), atHome,
    ["All is well. eastus serves its 2 clients and westus its 2 clients, because each app server answers negotiate with its primary."]],
  ["a crash that nobody has noticed", environmentWith({ endpoints: { eastus: { fault: "crash" } } }), atHome,
    ["eastus has crashed. To the app server in eastus it still looks healthy, so negotiate keeps answering eastus."]],
  ["a crash that clients have reported, and nobody else has noticed", environmentWith({ endpoints: { eastus: { fault: "crash" } } }), clientChangesOf(4, (homeRegion, id) => (id === 1 ? 1 : homeRegion || -1)),
    ["eastus has crashed. 1 of its 2 clients is on the secondary already: they have reported it, before the app server in eastus has found out by itself."]],
  ["clients on their way to the secondary", eastusDown(), clientChangesOf(4, (homeRegion, id) => (homeRegion === 0 && id > 1 ? -1 : 1)),
    ["eastus is down (refused). 1 of its 2 clients is on westus already, because the app server in eastus answers negotiate with its secondary."]],
  ["clients none of whom has arrived yet", eastusDown(), clientChangesOf(4, (homeRegion) => homeRegion || -1),
    ["eastus is down (refused). Its 2 clients are on the way to westus, because the app server in eastus answers negotiate with its secondary."]],
  ["clients whose connections have outlived the failover", eastusDown("gray"), atHome,
    ["eastus is down (refused). Its 2 clients still hold on to eastus, but new ones go to westus, because the app server in eastus answers negotiate with its secondary."]],
  ["a last resort", environmentWith({ endpoints: { eastus: { fault: "gray" } }, down: { eastus: "failing-calls" } }), atHome,
    ["eastus is down (failing calls). Nothing is better, so the app server in eastus answers negotiate with it all the same, as a last resort."]],
  ["an operator's force", environmentWith({ endpoints: { westus: { isForced: true } }, servers: { eastus: { answers: "westus" } } }), allOnWestus,
    ["westus is forced by an operator. Its 2 clients are served by westus, because the app server in eastus answers negotiate with its secondary."]],
  ["a failover", eastusDown(), allOnWestus,
    ["eastus is down (refused). Its 2 clients are served by westus, because the app server in eastus answers negotiate with its secondary."]],
  ["a primary that is back, with natural failback", environmentWith(), allOnWestus,
    ["eastus is in use again. New clients go there; its 2 clients are on westus until they reconnect, because failback is natural."]],
  ["a primary that is back, with paced failback", environmentWith({ environment: { failback: "paced" } }), clientChangesOf(4, (homeRegion, id) => (id === 1 ? 0 : homeRegion || 1)),
    ["eastus is in use again. New clients go there; 1 of its 2 clients is on westus; the app servers call them home, a few at a time."]],
  ["a drained primary", environmentWith({ endpoints: { eastus: { isDrained: true } }, servers: { eastus: { answers: "westus" } } }), allOnWestus,
    ["eastus is drained. Its 2 clients are served by westus, because the app server in eastus answers negotiate with its secondary."]],
  ["a stopped app server", environmentWith({ servers: { eastus: { isRunning: false, answers: null } } }), atHome,
    ["The app server in eastus is stopped. Its clients keep their connections; new ones are sent to the app server in westus, which answers westus."]],
  ["an app server that answers nobody", environmentWith({ servers: { eastus: { answers: null } }, down: { eastus: "timeout" } }), clientChangesOf(4, (homeRegion) => homeRegion || -1),
    ["Nobody serves new clients of eastus. Its app server sees no healthy endpoint, so negotiate refuses; 2 clients of eastus are without a place."]],
  ["an agreement", environmentWith({ environment: { topology: "client-client", agreement: { epoch: 3, active: "westus" } } }), allOnWestus,
    ["All app servers agree on westus. So all 4 clients are there and hear each other (agreement 3)."]],
  ["an agreement after a crash", { ...eastusDown(), topology: "client-client", agreement: { epoch: 4, active: "westus" } }, clientChangesOf(4, (_home, id) => (id === 1 ? -1 : 1)),
    ["eastus has crashed. All app servers agree on westus (agreement 4), and 3 of 4 clients are there."]],
];

describe("the summary of the demo page explains", () => {
  it.each(cases)("%s", (_what, environment, changes, lines) => {
    expect(said(environment, changes)).toEqual(lines);
  });
});

describe("the client locations on the demo page", () => {
  it("count clients where they are after a move, and drop those that are removed", () => {
    const locations = new ClientLocations();

    locations.apply(clientChangesOf(4));
    locations.apply([
      [1, 0, -1],
      [2, -1, -1],
    ]);

    expect([locations.inHomeRegion(0), locations.inHomeRegion(1)]).toEqual([2, 1]);
    expect([locations.on(-1), locations.on(0), locations.on(1)]).toEqual([1, 1, 1]);
    expect([...locations.clients.keys()]).toEqual([1, 3, 4]);
  });
});
