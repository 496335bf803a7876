import type { Fault } from "express-resilient-pubsub/emulator";
import type { LiveView } from "./live-view.ts";
import { linkName, type Network } from "./network/network.ts";
import type { MemberProcess } from "./processes/member-process.ts";
import type { EndpointOrder, ServerOrder } from "./programs/program-messages.ts";
import type { LinkMode, Loss, Settings } from "./recording/entry.ts";
import type { Recorder } from "./recording/recorder.ts";
import type { Side, StoreCluster } from "./stores/store-cluster.ts";

interface Parts {
  readonly settings: Settings;
  readonly recorder: Recorder;
  readonly network: Network;
  readonly store: StoreCluster;
  readonly servers: ReadonlyMap<string, MemberProcess>;
  readonly endpoints: ReadonlyMap<string, MemberProcess>;
  readonly view: LiveView;
  readonly sides: Map<string, Side>;
}

/** Everything that can be broken, and the record of what was. */
export class World {
  readonly settings: Settings;
  readonly view: LiveView;
  readonly store: StoreCluster;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.settings = parts.settings;
    this.view = parts.view;
    this.store = parts.store;
    this.#parts = parts;
  }

  server(name: string): MemberProcess {
    return memberOf(this.#parts.servers, name);
  }

  endpoint(name: string): MemberProcess {
    return memberOf(this.#parts.endpoints, name);
  }

  setLinks(links: readonly string[], mode: LinkMode): void {
    for (const link of links) this.#parts.network.set(link, mode);
  }

  order(server: string, order: ServerOrder): void {
    this.server(server).send(order);
  }

  harm(endpoint: string, fault: Fault | undefined): void {
    const order: EndpointOrder = { fault };
    this.endpoint(endpoint).send(order);
    this.#parts.recorder.record({ kind: "endpoint-fault", endpoint, fault: fault?.kind });
  }

  pauseStore(): void {
    this.store.pause();
    this.storeIs(false);
  }

  resumeStore(): void {
    this.store.resume();
    this.storeIs(true);
  }

  storeIs(isUp: boolean): void {
    this.#parts.recorder.record({ kind: "store", isUp });
  }

  lost(loss: Loss): void {
    this.#parts.recorder.record({ kind: "loss", loss });
  }

  /** Leads these servers to the replica, and all others to the primary. */
  lead(toReplica: readonly string[]): void {
    const { network, recorder, servers, sides } = this.#parts;
    for (const server of servers.keys()) {
      sides.set(server, toReplica.includes(server) ? "second" : "first");
      network.redirect(linkName(server, "store"));
    }
    recorder.record({ kind: "split", isSplit: toReplica.length > 0 });
  }

  /** Links are open, and processes run. What else is broken, those mend who have broken it. */
  async mend(): Promise<void> {
    const { network, servers, endpoints } = this.#parts;
    network.mendAll();
    for (const member of [...servers.values(), ...endpoints.values()]) {
      member.thaw();
      if (member.state === "dead") await member.start();
    }
  }
}

function memberOf(members: ReadonlyMap<string, MemberProcess>, name: string): MemberProcess {
  const member = members.get(name);
  if (member === undefined) throw new Error(`there is no ${name}`);
  return member;
}
