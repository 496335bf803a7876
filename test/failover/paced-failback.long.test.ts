import { once } from "node:events";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { type OnDisconnectedArgs, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import express from "express";
import {
  closeReasonOf,
  FAILBACK_REASON_PREFIX,
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import type { Activity, Emulator } from "express-resilient-pubsub/emulator";
import WebSocket from "ws";
import { closeAfterTest } from "../support/clean-up.ts";
import { closingOf, JSON_PROTOCOL } from "../support/closing-of.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

type Options = Partial<ResilientPubSubOptions>;

interface Regions {
  readonly eastus: Emulator;
  readonly westus: Emulator;
  /** What westus was asked to close, and when. */
  readonly closings: { at: number; id: string }[];
}

async function startRegions(): Promise<Regions> {
  const closings: Regions["closings"] = [];
  const onActivity = (activity: Activity): void => {
    if (activity.kind !== "restCall" || activity.method !== "DELETE") return;
    closings.push({ at: Date.now(), id: activity.path.split("/").at(-1) ?? "" });
  };
  const eastus = closeAfterTest(await startEmulator());
  const westus = closeAfterTest(await startEmulator({ onActivity }));
  return { eastus, westus, closings };
}

/** A plugin of the app servers next to one of the regions. */
function startPlugin(
  { eastus, westus }: Regions,
  primary: "eastus" | "westus",
  options: Options = {},
): ResilientPubSub {
  return closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: Object.entries({ eastus, westus }).map(([name, { connectionString }]) => ({
        name,
        role: name === primary ? "primary" : "secondary",
        connectionString,
      })),
      negotiate: { authenticate: ({ query }) => ({ userId: String(query.user) }) },
      health: { schedule: "* * * * * *" },
      failback: { holdDownInMs: 500, close: { connectionsPerSecond: 20 } },
      ...options,
    }),
  );
}

async function startServer(regions: Regions, primary: "eastus" | "westus", options?: Options) {
  const pubsub = startPlugin(regions, primary, options);
  const log: string[] = [];
  for (const name of ["failbackClosing", "failbackDone"] as const) {
    pubsub.events.on(name, ({ from, to, closed }) => {
      log.push(`${name} ${from} -> ${to}: ${closed}`);
    });
  }
  pubsub.events.on("failbackFailed", ({ error }) => void log.push(`failed: ${error}`));
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  await pubsub.ready();
  const negotiate = async (user: string, query = "") => {
    const { body } = await fetchAnswer(`${url}/negotiate?user=${user}${query}`);
    return body as { url: string; endpoint: string };
  };
  return { pubsub, log, url, negotiate };
}

type Server = Awaited<ReturnType<typeof startServer>>;

/** An official client, and on which endpoints it has been. */
async function connect({ negotiate }: Server, user: string, options = {}) {
  const stays: string[] = [];
  const { client, received } = await connectClient(async () => {
    const { url, endpoint } = await negotiate(user);
    stays.push(endpoint);
    return url;
  }, options);
  const farewells: OnDisconnectedArgs[] = [];
  client.on("disconnected", (farewell) => void farewells.push(farewell));
  return { stays, farewells, received };
}

async function crash(region: Emulator, { pubsub }: Server): Promise<void> {
  await region.inject({ kind: "crash" });
  await until(() => pubsub.endpoints.snapshot()[0]?.state === "unhealthy");
}

const groupsOf = (url: string): string[] => {
  const token = new URL(url).searchParams.get("access_token") ?? "";
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
  return [JSON.parse(payload)["webpubsub.group"] ?? []].flat();
};

const AWAY = "resilient-pubsub.displaced-from.eastus";

describe("after an outage of their primary,", () => {
  it("displaced clients return by themselves, told why, and the secondary's own clients stay", async () => {
    const regions = await startRegions();
    const east = await startServer(regions, "eastus");
    const west = await startServer(regions, "westus");
    await crash(regions.eastus, east);
    const displaced = await Promise.all([
      connect(east, "ada"),
      connect(east, "grace", { protocol: WebPubSubJsonReliableProtocol() }),
    ]);
    const local = await connect(west, "linus");
    await regions.eastus.clear();
    await until(() => displaced.every(({ stays }) => stays.includes("eastus")));
    await until(() => east.log.some((line) => line.startsWith("failbackDone")));
    for (const { stays, farewells } of displaced) {
      expect(stays).toEqual(["westus", "eastus"]);
      expect(closeReasonOf(farewells[0] ?? {})).toBe(`${FAILBACK_REASON_PREFIX}eastus`);
    }
    await until(async () => (await east.pubsub.broadcast("hi")).delivered.length === 2);
    await until(() => [...displaced, local].every(({ received }) => received.length > 0));
    expect(local).toMatchObject({ stays: ["westus"], farewells: [] });
    expect(east.log.at(-1)).toBe("failbackDone westus -> eastus: 2");
    // It may have looked for displaced clients of its own in the region that was down.
    expect(west.log.filter((line) => !line.startsWith("failed"))).toEqual([]);
  }, 30_000);

  it("displaced clients stay when failback is off, and their tokens bear no mark", async () => {
    const regions = await startRegions();
    const east = await startServer(regions, "eastus", { failback: { holdDownInMs: 0 } });
    await crash(regions.eastus, east);
    const { endpoint, url } = await east.negotiate("ada");
    expect({ endpoint, groups: groupsOf(url) }).toEqual({ endpoint: "westus", groups: [] });
  });

  it("another server of the region closes what one that was closed itself has not", async () => {
    const regions = await startRegions();
    const first = await startServer(regions, "eastus");
    await crash(regions.eastus, first);
    const client = await connect(first, "ada");
    await first.pubsub.close();
    await regions.eastus.clear();
    const second = await startServer(regions, "eastus");
    await until(() => regions.closings.length > 0);
    await until(() => client.farewells.length > 0);
    await until(() => second.log.includes("failbackDone westus -> eastus: 1"));
  }, 30_000);

  it("ten servers at once close at about the pace of one, and every displaced client returns", async () => {
    const regions = await startRegions();
    const east = await startServer(regions, "eastus", { failback: { close: false } });
    const marked = await startServer(regions, "eastus", {
      failback: { holdDownInMs: 3_600_000, close: { connectionsPerSecond: 1 } },
    });
    await crash(regions.eastus, marked);
    const sockets = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const { url } = await marked.negotiate(`user-${index}`);
        const socket = new WebSocket(url, JSON_PROTOCOL);
        const closing = closingOf(socket);
        await once(socket, "open");
        return { closing };
      }),
    );
    await regions.eastus.clear();
    const failback = { holdDownInMs: 1000, close: { connectionsPerSecond: 15 } };
    for (let count = 0; count < 10; count += 1) startPlugin(regions, "eastus", { failback });
    const closings = await Promise.all(sockets.map(({ closing }) => closing));
    expect(new Set(closings)).toEqual(new Set(["1000 failback: eastus"]));
    const firsts = new Map<string, number>();
    for (const { at, id } of regions.closings) if (!firsts.has(id)) firsts.set(id, at);
    expect(firsts.size).toBe(60);
    // One server would have taken at least 3 s from the first to the last; ten may take half of it.
    const times = [...firsts.values()];
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1500);
    expect(await east.pubsub.broadcast("hi")).toMatchObject({ failed: [] });
  }, 30_000);
});

describe("a token is marked", () => {
  const CLOSE = { failback: { close: { connectionsPerSecond: 1 } } } as const;

  it("beside the application's own groups, for a secondary only", async () => {
    const regions = await startRegions();
    const east = await startServer(regions, "eastus", {
      ...CLOSE,
      negotiate: { authenticate: () => ({ userId: "ada", groups: ["news"] }) },
    });
    expect(groupsOf((await east.negotiate("ada")).url)).toEqual(["news"]);
    const { endpoint, url } = await east.negotiate("ada", "&failed=eastus");
    expect(endpoint).toBe("westus");
    expect(groupsOf(url)).toEqual(["news", AWAY]);
  });

  it("not when the application's router prefers the secondary, only when it has no choice", async () => {
    const regions = await startRegions();
    const east = await startServer(regions, "eastus", { ...CLOSE, router: () => "westus" });
    const byChoice = await east.negotiate("ada");
    expect({ ...byChoice, url: groupsOf(byChoice.url) }).toMatchObject({
      endpoint: "westus",
      url: [],
    });
    await crash(regions.eastus, east);
    expect(groupsOf((await east.negotiate("ada")).url)).toEqual([AWAY]);
  });

  it.each([
    ["groups", { groups: ["lobby"] }, ["lobby", AWAY]],
    ["no groups", { userId: "grace" }, [AWAY]],
    ["an empty list of groups", { groups: [] }, [AWAY]],
    ["nothing", undefined, [AWAY]],
  ])("a token stays marked when a connect handler answers with %s", async (_, answer, expected) => {
    const regions = await startRegions();
    const east = await startServer(regions, "eastus", {
      failback: { holdDownInMs: 3_600_000, close: { connectionsPerSecond: 1 } },
      upstream: {
        handleConnect: (_req, res) => {
          res.setState("seen", 1);
          res.success(answer);
        },
      },
    });
    regions.westus.setHub("chat", {
      eventHandlers: [
        {
          urlTemplate: `${east.url}/api/webpubsub/hubs/{hub}/`,
          systemEvents: ["connect"],
        },
      ],
    });
    const { url } = await east.negotiate("ada", "&failed=eastus");
    const { connectionIds } = await connectClient(url);
    const members = expected.map((group) => membersOf(regions.westus, group));
    expect(await Promise.all(members)).toEqual(expected.map(() => connectionIds));
  });
});

async function membersOf({ connectionString }: Emulator, group: string): Promise<string[]> {
  const options = { allowInsecureConnection: true };
  const service = new WebPubSubServiceClient(connectionString, "chat", options);
  const ids: string[] = [];
  for await (const { connectionId } of await service.group(group).listConnections()) {
    ids.push(connectionId);
  }
  return ids;
}
