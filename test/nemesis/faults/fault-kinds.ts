import type { Fault } from "express-resilient-pubsub/emulator";
import { pause } from "../../../demo-app/kit/pause.ts";
import { linkName } from "../network/network.ts";
import type { World } from "../world.ts";
import type { ChosenFault, EndpointTarget, PlannedFault, ServerTarget } from "./fault.ts";

export interface FaultKind {
  /** How often it is drawn, compared with others. */
  readonly weight: number;
  /** Shortest and longest, in leases. */
  readonly lasts: readonly [number, number];
  /** Whether the store forgets agreements by it. */
  readonly losesData?: true;
  /** Whether it takes a store that has a replica. */
  readonly needsReplica?: true;
  /** Undefined when there is nobody whom it could hit. */
  choose(world: World, planned: PlannedFault): ChosenFault | undefined;
}

const SHORT = [0.1, 0.8] as const;
const LONG = [1.2, 3] as const;
const ANY = [0.2, 3] as const;
const nothing = (): void => {};

function serverOf({ view, settings }: World, target: ServerTarget): string {
  const { servers } = settings;
  const chosen = target === "leader" ? view.leader : servers[target % servers.length];
  return chosen ?? (servers[0] as string);
}

function endpointOf({ view, settings }: World, target: EndpointTarget): string {
  const { endpoints } = settings;
  const chosen = target === "active" ? view.active : endpoints[target % endpoints.length];
  return chosen ?? (endpoints[0] as string);
}

const clientOf = ({ settings: { clients } }: World, index: number): string =>
  clients[index % clients.length] as string;

const others = (names: readonly string[], name: string): string[] =>
  names.filter((it) => it !== name);

/** Links that are broken in the drawn way. */
const onLinks =
  (linksOf: (world: World, planned: PlannedFault) => string[]) =>
  (world: World, planned: PlannedFault): ChosenFault => {
    const links = linksOf(world, planned);
    return {
      claims: links,
      begin: () => world.setLinks(links, planned.mode),
      end: () => world.setLinks(links, "open"),
    };
  };

const onServer =
  (act: (world: World, name: string) => Omit<ChosenFault, "claims">) =>
  (world: World, planned: PlannedFault): ChosenFault => {
    const name = serverOf(world, planned.server);
    return { claims: [name], ...act(world, name) };
  };

const onEndpoint =
  (act: (world: World, name: string) => Omit<ChosenFault, "claims">) =>
  (world: World, planned: PlannedFault): ChosenFault => {
    const name = endpointOf(world, planned.endpoint);
    return { claims: [name], ...act(world, name) };
  };

const harmed = (fault: Fault) =>
  onEndpoint((world, name) => ({
    begin: () => world.harm(name, fault),
    end: () => world.harm(name, undefined),
  }));

const frozenServer = onServer((world, name) => ({
  begin: () => world.server(name).freeze(),
  end: () => world.server(name).thaw(),
}));

const pausedStore = (world: World): ChosenFault => ({
  claims: ["store"],
  begin: () => world.pauseStore(),
  end: () => world.resumeStore(),
});

const restartedStore =
  (keepsData: boolean) =>
  (world: World): ChosenFault => {
    let startAgain = nothing;
    let restarted: Promise<void> = Promise.resolve();
    return {
      claims: ["store"],
      begin: () => {
        world.storeIs(false);
        if (!keepsData) world.lost("everything");
        const wait = new Promise<void>((resolve) => {
          startAgain = resolve;
        });
        restarted = world.store.restart(keepsData, () => wait);
        // Whoever ends the fault hears of it.
        restarted.catch(nothing);
      },
      end: async () => {
        startAgain();
        await restarted;
        world.storeIs(true);
      },
    };
  };

const forgetfulStore =
  (what: "everything" | "observations") =>
  (world: World): ChosenFault => ({
    claims: ["store"],
    begin: async () => {
      if (what === "everything") world.lost("everything");
      await world.store.forget(what);
    },
    end: nothing,
  });

const failedOver =
  (isStale: boolean) =>
  (world: World): ChosenFault | undefined => {
    const { replica } = world.store;
    return (
      replica && {
        claims: ["store"],
        begin: async () => {
          if (isStale) await replica.detach();
          else {
            world.storeIs(false);
            await replica.catchUp();
          }
        },
        end: async () => {
          world.storeIs(false);
          if (isStale) world.lost("latest");
          await replica.takeOver();
          world.lead([]);
          world.storeIs(true);
        },
      }
    );
  };

/** Some servers are already led to the replica, which has what was written up to then, the others not yet. */
function splitStore(world: World, { server }: PlannedFault): ChosenFault | undefined {
  const { replica } = world.store;
  const { servers } = world.settings;
  const first = servers.indexOf(serverOf(world, server));
  const led = servers.filter((_, index) => (index + first) % servers.length < servers.length / 2);
  return (
    replica && {
      claims: ["store"],
      begin: async () => {
        world.lost("latest");
        await replica.detach();
        world.lead(led);
      },
      end: async () => {
        world.lost("latest");
        world.storeIs(false);
        await replica.takeOver();
        world.lead([]);
        world.storeIs(true);
      },
    }
  );
}

const allServersKilled =
  (isStoreEmptied: boolean) =>
  (world: World): ChosenFault => {
    const servers = world.settings.servers.map((name) => world.server(name));
    return {
      claims: [...world.settings.servers, "store"],
      begin: async () => {
        await Promise.all(servers.map((server) => server.kill()));
        if (!isStoreEmptied) return;
        world.lost("everything-and-all-servers");
        await world.store.forget("everything");
      },
      end: async () => {
        await Promise.all(servers.map((server) => server.start()));
      },
    };
  };

function switched(world: World, { server, client }: PlannedFault): ChosenFault | undefined {
  const candidates = others(world.settings.endpoints, world.view.active ?? "");
  const to = candidates[client % candidates.length] as string;
  return {
    claims: [],
    begin: () => world.order(serverOf(world, server), { kind: "switch", to }),
    end: nothing,
  };
}

/** The leader no longer reaches the endpoint that everybody is moved away from. */
function switchedBehindTheLeader(world: World): ChosenFault | undefined {
  const { leader, active } = world.view;
  if (leader === undefined || active === undefined) return undefined;
  const [to = active] = others(world.settings.endpoints, active);
  const links = [linkName(leader, active)];
  return {
    claims: links,
    begin: () => {
      world.setLinks(links, "cut");
      world.order(leader, { kind: "switch", to });
    },
    end: () => world.setLinks(links, "open"),
  };
}

/** The leader loses the store, and everybody is moved by the one that takes its place. */
function switchedWithoutTheLeader(world: World, { client }: PlannedFault): ChosenFault | undefined {
  const { leader, active } = world.view;
  if (leader === undefined || active === undefined) return undefined;
  const links = [linkName(leader, "store")];
  const by = others(world.settings.servers, leader)[0] as string;
  const candidates = others(world.settings.endpoints, active);
  return {
    claims: links,
    begin: async () => {
      world.setLinks(links, "cut");
      await pause(1.2 * world.settings.leaseInMs);
      const to = candidates[client % candidates.length] as string;
      world.order(by, { kind: "switch", to });
    },
    end: () => world.setLinks(links, "open"),
  };
}

/** The leader alone finds the active endpoint dead when it forgets who else is there. */
function forgottenByACutOffLeader(world: World): ChosenFault | undefined {
  const { leader, active } = world.view;
  if (leader === undefined || active === undefined) return undefined;
  const links = [linkName(leader, active)];
  return {
    claims: [...links, "store"],
    begin: async () => {
      world.setLinks(links, "cut");
      await pause(world.settings.leaseInMs);
      await world.store.forget("observations");
    },
    end: () => world.setLinks(links, "open"),
  };
}

export const FAULT_KINDS: Readonly<Record<string, FaultKind>> = {
  "a server and the store": {
    weight: 5,
    lasts: ANY,
    choose: onLinks((world, { server }) => [linkName(serverOf(world, server), "store")]),
  },
  "all servers but one and the store": {
    weight: 2,
    lasts: ANY,
    choose: onLinks((world, { server }) =>
      others(world.settings.servers, serverOf(world, server)).map((it) => linkName(it, "store")),
    ),
  },
  "a server and an endpoint": {
    weight: 4,
    lasts: ANY,
    choose: onLinks((world, { server, endpoint }) => [
      linkName(serverOf(world, server), endpointOf(world, endpoint)),
    ]),
  },
  "a server and all endpoints": {
    weight: 2,
    lasts: ANY,
    choose: onLinks((world, { server }) =>
      world.settings.endpoints.map((it) => linkName(serverOf(world, server), it)),
    ),
  },
  "all servers but one and an endpoint": {
    weight: 2,
    lasts: ANY,
    choose: onLinks((world, { server, endpoint }) =>
      others(world.settings.servers, serverOf(world, server)).map((it) =>
        linkName(it, endpointOf(world, endpoint)),
      ),
    ),
  },
  "all clients and a server": {
    weight: 1,
    lasts: ANY,
    choose: onLinks((world, { server }) =>
      world.settings.clients.map((it) => linkName(it, serverOf(world, server))),
    ),
  },
  "a client and all servers": {
    weight: 1,
    lasts: ANY,
    choose: onLinks((world, { client }) =>
      world.settings.servers.map((it) => linkName(clientOf(world, client), it)),
    ),
  },
  "all clients and an endpoint": {
    weight: 1,
    lasts: ANY,
    choose: onLinks((world, { endpoint }) =>
      world.settings.clients.map((it) => linkName(it, endpointOf(world, endpoint))),
    ),
  },
  "a client and an endpoint": {
    weight: 1,
    lasts: ANY,
    choose: onLinks((world, { client, endpoint }) => [
      linkName(clientOf(world, client), endpointOf(world, endpoint)),
    ]),
  },
  "a server frozen for a moment": { weight: 2, lasts: SHORT, choose: frozenServer },
  "a server frozen for longer than a lease": { weight: 3, lasts: LONG, choose: frozenServer },
  "a server killed": {
    weight: 3,
    lasts: ANY,
    choose: onServer((world, name) => ({
      begin: () => world.server(name).kill(),
      end: () => world.server(name).start(),
    })),
  },
  "a server ended in good order": {
    weight: 2,
    lasts: ANY,
    choose: onServer((world, name) => ({
      begin: async () => void (await world.server(name).leave()),
      end: () => world.server(name).start(),
    })),
  },
  "all servers killed": { weight: 1, lasts: SHORT, choose: allServersKilled(false) },
  "the store stopped for a moment": { weight: 2, lasts: SHORT, choose: pausedStore },
  "the store stopped for longer than a lease": { weight: 2, lasts: LONG, choose: pausedStore },
  "the store restarted with its data": { weight: 2, lasts: ANY, choose: restartedStore(true) },
  "observations deleted": { weight: 3, lasts: [0, 0], choose: forgetfulStore("observations") },
  "the store failed over": {
    weight: 2,
    lasts: SHORT,
    needsReplica: true,
    choose: failedOver(false),
  },
  "the store restarted empty": {
    weight: 1,
    lasts: ANY,
    losesData: true,
    choose: restartedStore(false),
  },
  "the store emptied": {
    weight: 1,
    lasts: [0, 0],
    losesData: true,
    choose: forgetfulStore("everything"),
  },
  "the store failed over to a stale replica": {
    weight: 2,
    lasts: ANY,
    losesData: true,
    needsReplica: true,
    choose: failedOver(true),
  },
  "the store split": {
    weight: 1,
    lasts: ANY,
    losesData: true,
    needsReplica: true,
    choose: splitStore,
  },
  "the store emptied and all servers killed": {
    weight: 1,
    lasts: SHORT,
    losesData: true,
    choose: allServersKilled(true),
  },
  "an endpoint crashed": {
    weight: 4,
    lasts: ANY,
    choose: onEndpoint((world, name) => ({
      begin: () => world.endpoint(name).kill(),
      end: () => world.endpoint(name).start(),
    })),
  },
  "an endpoint silent": {
    weight: 2,
    lasts: ANY,
    choose: onEndpoint((world, name) => ({
      begin: () => world.endpoint(name).freeze(),
      end: () => world.endpoint(name).thaw(),
    })),
  },
  "an endpoint whose health is green and whose calls fail": {
    weight: 1,
    lasts: ANY,
    choose: harmed({ kind: "gray" }),
  },
  "an endpoint that refuses new clients": {
    weight: 1,
    lasts: ANY,
    choose: harmed({ kind: "unhealthy", status: 503, requestTypes: ["ClientConnection"] }),
  },
  "an endpoint that answers 503": { weight: 1, lasts: ANY, choose: harmed({ kind: "unhealthy" }) },
  "an operator's switch": { weight: 8, lasts: [0, 0], choose: switched },
  "a switch without the leader": { weight: 2, lasts: LONG, choose: switchedWithoutTheLeader },
  "observations deleted behind a leader that is cut off": {
    weight: 2,
    lasts: SHORT,
    choose: forgottenByACutOffLeader,
  },
  "a switch behind the leader": { weight: 2, lasts: LONG, choose: switchedBehindTheLeader },
};
