import { RestError } from "@azure/core-rest-pipeline";
import { displacedGroup } from "../../../src/marker-groups/displaced-group.ts";

/** What an endpoint does with a call. */
export interface Behaviour {
  listLatencyInMs?: number;
  closing?: "fails" | "hangs";
  listing?: "fails" | "hangs";
  gathering?: "fails" | "hangs";
}

/** An endpoint as the service keeps it: who is in which group, and what it was asked. */
export class Service {
  readonly groups = new Map<string, Set<string>>();
  readonly closings: { at: number; id: string; reason: string }[] = [];
  readonly listings: number[] = [];
  readonly gatherings: { at: number; filter: string }[] = [];
  /** Ids of all connections, in a group or not. */
  readonly everybody = new Set<string>();
  behaviour: Behaviour = {};

  displace(primary: string, count: number): void {
    const ids = Array.from({ length: count }, (_, index) => `displaced-${1000 + index}`);
    this.groups.set(displacedGroup(primary), new Set(ids));
  }

  connect(count: number, name = "client"): void {
    for (let index = 0; index < count; index += 1) this.everybody.add(`${name}-${1000 + index}`);
  }

  get displaced(): number {
    return [...this.groups.values()].reduce((sum, members) => sum + members.size, 0);
  }

  /** How many different connections were closed in each second. */
  get closedEachSecond(): number[] {
    const seen = new Set<string>();
    const counts = new Map<number, number>();
    for (const { at, id } of this.closings) {
      if (seen.has(id)) continue;
      seen.add(id);
      counts.set(Math.floor(at / 1000), (counts.get(Math.floor(at / 1000)) ?? 0) + 1);
    }
    return [...counts.values()];
  }

  client(latencyInMs = 5) {
    const service = this;
    return {
      group: (name: string) => ({
        async listConnections({ top, abortSignal }: { top: number; abortSignal: AbortSignal }) {
          service.listings.push(Date.now());
          await service.answer(service.behaviour.listing, latencyInMs, abortSignal);
          const ids = [...(service.groups.get(name) ?? [])].sort().slice(0, top);
          return {
            async *byPage() {
              yield ids.map((connectionId) => ({ connectionId }));
            },
          };
        },
      }),
      async closeConnection(
        id: string,
        { reason, abortSignal }: { reason: string; abortSignal: AbortSignal },
      ) {
        service.closings.push({ at: Date.now(), id, reason });
        await service.answer(service.behaviour.closing, 5, abortSignal);
        for (const members of service.groups.values()) members.delete(id);
        service.everybody.delete(id);
      },
      async addConnectionsToGroups(
        groups: string[],
        filter: string,
        { abortSignal }: { abortSignal: AbortSignal },
      ) {
        service.gatherings.push({ at: Date.now(), filter });
        await service.answer(service.behaviour.gathering, latencyInMs, abortSignal);
        for (const name of groups) service.groups.set(name, new Set(service.everybody));
      },
    };
  }

  private async answer(
    behaviour: "fails" | "hangs" | undefined,
    latencyInMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer =
        behaviour === "hangs"
          ? undefined
          : setTimeout(
              () =>
                behaviour === "fails"
                  ? reject(new RestError("503", { statusCode: 503 }))
                  : resolve(),
              latencyInMs,
            );
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
  }
}
