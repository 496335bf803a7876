import { pause } from "../../../demo-app/kit/pause.ts";
import { until } from "../../support/until.ts";
import { linkName } from "../network/network.ts";
import type { World } from "../world.ts";

/** What is known to have gone wrong once, on purpose. Whatever is broken at the end is mended then. */
export interface Story {
  /** Whether the store forgets agreements by it: then it comes after everything else. */
  readonly losesData?: true;
  play(world: World, signal: AbortSignal): Promise<void>;
}

interface Cast {
  readonly leader: string;
  readonly followers: readonly string[];
  readonly active: string;
  readonly inactive: readonly string[];
}

async function castOf({ view, settings }: World): Promise<Cast> {
  const leader = await until(() => view.leader);
  const active = await until(() => view.active);
  return {
    leader,
    followers: settings.servers.filter((name) => name !== leader),
    active,
    inactive: settings.endpoints.filter((name) => name !== active),
  };
}

/** How long something may go on that must not go on for longer than a lease. */
const LEASES_TO_WATCH = 4;

/** The leader loses the store, and only that; the others move on without it. */
async function deposedLeader(world: World, signal: AbortSignal): Promise<void> {
  const { leaseInMs } = world.settings;
  const { leader, followers, inactive } = await castOf(world);
  world.setLinks([linkName(leader, "store")], "cut");
  await until(() => world.view.leader !== leader, 6 * leaseInMs + 10_000).catch(() => {});
  world.order(followers[0] as string, { kind: "switch", to: inactive[0] as string });
  await pause(LEASES_TO_WATCH * leaseInMs, signal);
}

/** One server alone finds the active endpoint dead; then the store forgets who else is there. */
async function forgottenPeers(world: World, signal: AbortSignal): Promise<void> {
  const { pollInMs, leaseInMs } = world.settings;
  const { leader, active } = await castOf(world);
  world.setLinks([linkName(leader, active)], "cut");
  await until(() => world.view.seesDown(leader, active), 20_000).catch(() => {});
  for (let time = 0; time < 5; time += 1) {
    await world.store.forget("observations");
    await pause(2 * pollInMs, signal);
  }
  await pause(leaseInMs, signal);
}

/** The same, and the store is away for longer than a lease; that server is the first one back. */
async function absentStore(world: World, signal: AbortSignal): Promise<void> {
  const { leaseInMs, pollInMs } = world.settings;
  const { leader, followers, active } = await castOf(world);
  const late = followers.map((server) => linkName(server, "store"));
  world.setLinks([linkName(leader, active)], "cut");
  await until(() => world.view.seesDown(leader, active), 20_000).catch(() => {});
  for (let time = 0; time < 2 && world.view.active === active; time += 1) {
    world.setLinks(late, "cut");
    world.pauseStore();
    await pause(1.5 * leaseInMs, signal);
    world.resumeStore();
    await pause(2 * pollInMs, signal);
    world.setLinks(late, "open");
    await pause(leaseInMs, signal);
  }
}

/** After so many, an endpoint must answer well for eight seconds before it is used again. */
const FLAPS = 4;

/** For one server all other endpoints have flapped when everybody moves to one of them. */
async function flappingServer(world: World, signal: AbortSignal): Promise<void> {
  const { leader, active, inactive } = await castOf(world);
  const links = inactive.map((endpoint) => linkName(leader, endpoint));
  const isDown = (endpoint: string): boolean => world.view.seesDown(leader, endpoint);
  for (let time = 1; time <= FLAPS; time += 1) {
    world.setLinks(links, "cut");
    await until(() => inactive.every(isDown), 20_000).catch(() => {});
    world.setLinks(links, "open");
    if (time < FLAPS) await until(() => !inactive.some(isDown), 20_000).catch(() => {});
    if (signal.aborted) return;
  }
  // The endpoints have answered well for a while now, if not for long enough to be trusted.
  await pause(2000, signal);
  await world.endpoint(active).kill();
  await pause(10_000, signal);
}

/** Everybody is moved away from an endpoint that only the leader does not reach. */
async function unreachableStragglers(world: World, signal: AbortSignal): Promise<void> {
  const { leaseInMs } = world.settings;
  const { leader, active, inactive } = await castOf(world);
  world.setLinks([linkName(leader, active)], "cut");
  world.order(leader, { kind: "switch", to: inactive[0] as string });
  await pause(LEASES_TO_WATCH * leaseInMs + 6000, signal);
}

/** The store and all servers are lost, and with them the first endpoint. */
async function everythingLost(world: World, signal: AbortSignal): Promise<void> {
  const { servers, endpoints, leaseInMs } = world.settings;
  await Promise.all(servers.map((name) => world.server(name).kill()));
  world.lost("everything-and-all-servers");
  await world.store.forget("everything");
  await world.endpoint(endpoints[0] as string).kill();
  await Promise.all(servers.map((name) => world.server(name).start()));
  await pause(2 * leaseInMs, signal);
}

/** In the order in which they are played. */
export const STORIES: Readonly<Record<string, Story>> = {
  "deposed-leader": { play: deposedLeader },
  "forgotten-peers": { play: forgottenPeers },
  "absent-store": { play: absentStore },
  "flapping-server": { play: flappingServer },
  "unreachable-stragglers": { play: unreachableStragglers },
  "everything-lost": { play: everythingLost, losesData: true },
};
