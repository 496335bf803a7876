import express from "express";
import { type ResilientPubSubOptions, resilientPubSub, roles } from "express-resilient-pubsub";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { eventRequest } from "../support/upstream-request.ts";

const CODE = "ERR_MARKER_GROUPS_OPEN";
const closing = { close: { connectionsPerSecond: 10 } };
const all = ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"];

async function setUp(options: Partial<ResilientPubSubOptions>, given: string[] = all) {
  const warnings: string[] = [];
  const spy = jest.spyOn(process, "emitWarning").mockImplementation((message, details) => {
    if ((details as { code?: string }).code === CODE) warnings.push(String(message));
  });
  afterTest(() => spy.mockRestore());
  const emulator = closeAfterTest(await startEmulator());
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [{ name: "eastus", role: "primary", connectionString: emulator.connectionString }],
      negotiate: { authenticate: () => ({ userId: "ada", roles: given }) },
      ...options,
    }),
  );
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  await pubsub.ready();
  const negotiate = async () => {
    expect((await fetchAnswer(`${url}/negotiate`)).status).toBe(200);
  };
  const connect = () =>
    fetchAnswer(
      `${url}/api/webpubsub/hubs/chat/`,
      eventRequest(emulator, { type: "sys.connect", contentType: "application/json", body: "{}" }),
    );
  return { pubsub, negotiate, connect, warnings };
}

describe("the process is warned once, with the remedy, when a role is good for marker groups that are in use:", () => {
  it.each<[string, Partial<ResilientPubSubOptions>, string[]]>([
    ["all groups, with failback.close", { failback: closing }, all],
    ["all groups, to leave them", { failback: closing }, ["webpubsub.joinLeaveGroup"]],
    ["a pattern of groups", { failback: closing }, ["webpubsub.sendToGroups.**"]],
    ["all groups, in client-client", { topology: "client-client" }, all],
  ])("%s", async (_, options, given) => {
    const { negotiate, pubsub, warnings } = await setUp(options, given);
    await negotiate();
    await negotiate();
    await pubsub.getClientAccessToken({ roles: given });
    expect(warnings).toEqual([expect.stringMatching(/hub "chat".*webpubsub.*roles.sendToGroup/)]);
  });

  it("by getClientAccessToken", async () => {
    const { pubsub, warnings } = await setUp({ failback: closing });
    await pubsub.getClientAccessToken({ roles: all });
    await pubsub.getClientAccessToken({ roles: all });
    expect(warnings).toHaveLength(1);
  });

  it("by the answer of a connect handler", async () => {
    const { connect, warnings } = await setUp({
      failback: closing,
      upstream: { handleConnect: (_req, res) => res.success({ roles: all }) },
    });
    await connect();
    await connect();
    expect(warnings).toHaveLength(1);
  });

  it("each plugin for itself", async () => {
    for (let plugins = 0; plugins < 2; plugins += 1) {
      const { negotiate, warnings } = await setUp({ failback: closing });
      await negotiate();
      expect(warnings).toHaveLength(1);
    }
  });

  it("and nothing of a client's can break the line", async () => {
    const { negotiate, warnings } = await setUp({ failback: closing }, [
      "webpubsub.sendToGroups.**\u001b[31m\n",
      "webpubsub.sendToGroups.**",
    ]);
    await negotiate();
    expect(warnings).toHaveLength(1);
    expect(warnings.join()).not.toMatch(/[\p{Cc}]/u);
  });
});

describe("nobody is warned of roles", () => {
  it.each<[string, Partial<ResilientPubSubOptions>, string[]]>([
    ["when no marker groups are in use", {}, all],
    [
      "that name their groups",
      { failback: closing },
      [roles.sendToGroup("news"), roles.joinLeaveGroup("news")],
    ],
    ["that are none", { failback: closing }, []],
  ])("%s", async (_, options, given) => {
    const { negotiate, warnings } = await setUp(options, given);
    await negotiate();
    expect(warnings).toEqual([]);
  });
});
