import type { EventRequest } from "../support/upstream-request.ts";
import { setUp } from "./support/upstream-regions.ts";

describe("an event is answered", () => {
  it.each<[string, EventRequest, unknown]>([
    ["as text", { body: "hi" }, "heard hi"],
    ["as JSON", { contentType: "application/json; charset=utf-8", body: '"hi"' }, "heard hi"],
    ["as bytes", { contentType: "application/octet-stream", body: "hi" }, "heard hi"],
    ["with an empty body", { body: "" }, "heard "],
  ])("given %s", async (_, event, expected) => {
    const { post } = await setUp();
    expect(await post(event)).toMatchObject({ status: 200, body: expected });
  });

  it("with the state that the handler sets", async () => {
    const { post } = await setUp({
      handleConnect: async (_req, res) => {
        await Promise.resolve();
        res.setState("seen", 1);
        res.success({ userId: "grace", roles: ["webpubsub.sendToGroup"] });
      },
    });
    const { status, headers, body } = await post({
      type: "sys.connect",
      contentType: "application/json",
      body: "{}",
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: { userId: "grace", roles: ["webpubsub.sendToGroup"] },
    });
    const state = Buffer.from(headers.get("ce-connectionstate") ?? "", "base64").toString();
    expect(JSON.parse(state)).toEqual({ seen: 1 });
  });

  it("204 when a connect handler just agrees, and 200 when there is none", async () => {
    const connect = { type: "sys.connect", contentType: "application/json", body: "{}" };
    const { post } = await setUp({ handleConnect: (_req, res) => res.success() });
    expect((await post(connect)).status).toBe(204);
    const { post: postToOther } = await setUp();
    expect((await postToOther(connect)).status).toBe(200);
  });

  it("as the handler refuses it", async () => {
    const { post } = await setUp({ handleUserEvent: (_req, res) => res.fail(401, "not you") });
    expect(await post()).toMatchObject({ status: 401, body: "not you" });
  });

  it("by a handler that answers after it has returned", async () => {
    const { post } = await setUp({
      handleUserEvent: (_req, res) => void setTimeout(() => res.success("later", "text"), 20),
    });
    expect(await post()).toMatchObject({ status: 200, body: "later" });
  });

  it.each([
    ["connected", "sys.connected", "onConnected"],
    ["disconnected", "sys.disconnected", "onDisconnected"],
    ["group joined", "gp.joined", "onGroupJoined"],
    ["group left", "gp.left", "onGroupLeft"],
  ])("when it is the notification %s", async (_, type, handler) => {
    const heard: string[] = [];
    const { post } = await setUp({
      [handler]: async (req: { context: { userId: string } }) => heard.push(req.context.userId),
    });
    expect((await post({ type, contentType: "application/json", body: "{}" })).status).toBe(200);
    expect(heard).toEqual(["ada"]);
  });

  it.each([
    ["joined", "resilient-pubsub.placed", "gp.joined"],
    ["joined", "resilient-pubsub.evacuated", "gp.joined"],
    ["left", "resilient-pubsub.displaced-from.eastus", "gp.left"],
    ["left", "resilient-pubsub.of-a-later-version", "gp.left"],
  ])(
    "when a client has %s the marker group %s, of which no handler hears",
    async (_, group, type) => {
      const heard: unknown[] = [];
      const handler = ({ group }: { group?: string }) => void heard.push(group);
      const { post } = await setUp({ onGroupJoined: handler, onGroupLeft: handler });
      const told = (group: string) =>
        post({ type, contentType: "application/json", body: JSON.stringify({ group }) });
      expect((await told(group)).status).toBe(200);
      expect((await told("news")).status).toBe(200);
      expect(heard).toEqual(["news"]);
    },
  );
});
