import type { ClientChange, EnvironmentView } from "../../../../demo-app/contract/live.ts";
import { ClientLocations } from "../../../../demo-app/page/live/client-locations.ts";
import { captionOf } from "../../../../demo-app/page/map/caption.ts";
import {
  clientChangesOf,
  eastusDown,
  environmentWith,
} from "../../../support/environment-views.ts";

const crashed = environmentWith({ endpoints: { eastus: { fault: "crash" } } });
const bothCrashed = environmentWith({
  endpoints: { eastus: { fault: "crash" }, westus: { fault: "crash" } },
});
const drained = environmentWith({ endpoints: { eastus: { isDrained: true } } });
const agreed = environmentWith({ environment: { agreement: { epoch: 2, active: "westus" } } });
const atHome = clientChangesOf(4);
const onWestus = clientChangesOf(4, () => 1);
const crossed = clientChangesOf(4, (homeRegion) => 1 - homeRegion);
const oneMoved = clientChangesOf(4, (homeRegion, id) => (id === 1 ? 1 : homeRegion || -1));

// biome-ignore format: one line for each case
const cases: [what: string, environment: EnvironmentView, clients: ClientChange[], caption: string][] = [
  ["before a failover", environmentWith(), atHome, "Figure 1 · Before failover"],
  ["while nobody has moved yet", crashed, atHome, "During failover: 0 of 2 clients moved"],
  ["while some have moved", eastusDown(), oneMoved, "During failover: 1 of 2 clients moved"],
  ["while all have moved, and nobody has found out", crashed, onWestus, "Figure 2 · After failover"],
  ["after a failover", eastusDown(), onWestus, "Figure 2 · After failover"],
  ["after an evacuation", drained, onWestus, "Figure 2 · After failover"],
  ["when the primary is back", environmentWith(), onWestus, "Figure 3 · Primary is back, 2 still away"],
  ["when no region has its primary", bothCrashed, crossed, "No region has its primary"],
  ["of an agreement", agreed, onWestus, "All app servers agree on westus"],
];

it.each(cases)(
  "the caption of the map says what is true %s",
  (_what, environment, changes, caption) => {
    const locations = new ClientLocations();
    locations.apply(changes);

    expect(captionOf(environment, locations)).toBe(caption);
  },
);
