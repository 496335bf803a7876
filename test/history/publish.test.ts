import { memoryHistory } from "express-resilient-pubsub";
import { connectClient } from "../support/official-client.ts";
import { fetchAnswer } from "../support/regions.ts";
import { until } from "../support/until.ts";
import { accessKeyOf, digest, eventRequest } from "../support/upstream-request.ts";
import { dataOf, forged, startHistory } from "./support/catching-up.ts";

const SENDS = "role=webpubsub.sendToGroup.news";

async function start(history = {}) {
  const heard: string[] = [];
  const world = await startHistory(
    { appendTimeoutInMs: 5000, ...history },
    {
      upstream: {
        handleUserEvent: ({ context }, res) => {
          heard.push(context.eventName);
          res.success("of the application");
        },
      },
    },
  );
  const publish = (
    message: Record<string, unknown>,
    { userId = "ada", headers = {} }: { userId?: string; headers?: Record<string, string> } = {},
  ) =>
    fetchAnswer(
      `${world.url}/api/webpubsub/hubs/chat/`,
      eventRequest(world.eastus, {
        type: "user.resilient-pubsub.publish",
        contentType: "application/json",
        body: JSON.stringify({ group: "news", t: "json", d: { n: 1 }, key: "k1", ...message }),
        headers: { "ce-userId": userId, ...headers },
      }),
    );
  const ada = await world.negotiate(`user=ada&${SENDS}&role=webpubsub.joinLeaveGroup.news`);
  const read = async () => (await world.catchUp(ada, { since: { "g:news": ada.position } })).body;
  const { body } = await world.catchUp(ada, { since: { "g:news": "" } });
  ada.position = body.streams["g:news"].position;
  return { ...world, ada, heard, publish, read };
}

describe("what a client publishes", () => {
  it("is logged with its user, and answered with its place; the application does not hear of it", async () => {
    const { ada, heard, publish, read } = await start();
    const { status, body, headers } = await publish({ grant: ada.grant });
    expect({ status, body }).toEqual({
      status: 200,
      body: { position: expect.stringMatching(/:1$/) },
    });
    expect(headers.get("content-type")).toContain("application/json");
    const { streams } = await read();
    expect(streams["g:news"]).toMatchObject({
      position: body.position,
      messages: [{ o: 1, t: "json", d: { n: 1 }, u: "ada" }],
    });
    expect(heard).toEqual([]);
  });

  it("reaches the group's clients on all endpoints", async () => {
    const { ada, pubsub, publish } = await start();
    const got: unknown[] = [];
    for (const name of ["eastus", "westus"]) {
      pubsub.endpoints.forceFailover(name);
      const { url } = await pubsub.getClientAccessToken({ groups: ["news"] });
      const { client } = await connectClient(url);
      client.on("group-message", ({ message: { data, fromUserId } }) => {
        got.push([name, data, fromUserId]);
      });
    }
    await publish({ grant: ada.grant });
    await until(() => got.length === 2);
    expect(got).toEqual(
      expect.arrayContaining([
        ["eastus", { n: 1 }, null],
        ["westus", { n: 1 }, null],
      ]),
    );
  });

  it("is logged once, however often it comes with its key", async () => {
    const { ada, publish, read } = await start();
    const first = await publish({ grant: ada.grant });
    const again = await publish({ grant: ada.grant, d: "changed" });
    expect(again.body).toEqual(first.body);
    const other = await publish({ grant: ada.grant, key: "k2", d: 2 });
    expect(other.body.position).not.toBe(first.body.position);
    expect(dataOf((await read()).streams["g:news"])).toEqual([{ n: 1 }, 2]);
  });

  it("has the same id when a store that has lost it logs it again, so that nobody gets it twice", async () => {
    const ids: string[][] = [];
    for (const _ of ["a store", "another"]) {
      const { negotiate, publish, catchUp } = await start();
      const ada = await negotiate(
        `user=ada&group=news&group=chat&${SENDS}&role=webpubsub.sendToGroup.chat`,
      );
      for (const group of ["news", "chat"]) await publish({ grant: ada.grant, group });
      await publish({ grant: ada.grant, key: "k2" });
      const { streams } = (await catchUp(ada)).body;
      ids.push(
        ["g:news", "g:chat"].flatMap((name) =>
          streams[name].messages.map(({ id }: { id: string }) => id),
        ),
      );
    }
    expect(ids[1]).toEqual(ids[0]);
    for (const id of ids.flat()) expect(id).toMatch(/^[\w-]{22}$/);
    expect(new Set(ids[0]).size).toBe(3);
  });

  it("is another message with the same key of another user", async () => {
    const { ada, negotiate, publish, read } = await start();
    const bob = await negotiate(`user=bob&${SENDS}`);
    await publish({ grant: ada.grant, d: 1 });
    await publish({ grant: bob.grant, d: 2 }, { userId: "bob" });
    expect(dataOf((await read()).streams["g:news"])).toEqual([1, 2]);
  });

  it.each<[string, string, unknown, unknown]>([
    ["JSON", "json", [1, null], [1, null]],
    ["null", "json", null, null],
    ["text", "text", "ä", "ä"],
    ["bytes", "binary", "AP8=", "AP8="],
  ])("may be %s", async (_, t, d, read) => {
    const world = await start();
    await world.publish({ grant: world.ada.grant, t, d });
    const { messages } = (await world.read()).streams["g:news"];
    expect(messages).toEqual([expect.objectContaining({ t, d: read })]);
  });

  it("does not come back to the connection that wants no echo", async () => {
    const { ada, publish, catchUp } = await start();
    await publish({ grant: ada.grant, noEcho: true });
    const since = { "g:news": ada.position };
    const { body } = await catchUp(ada, { since, connections: ["connection-1"] });
    expect(body.streams["g:news"].messages).toEqual([{ o: 1, skip: 1 }]);
  });
});

describe("a client is refused for good", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["without a grant", { grant: "" }, "ERR_HISTORY_GRANT"],
    ["with no text for one", { grant: 7 }, "ERR_HISTORY_REQUEST"],
    ["for a group that it may not send to", { group: "other" }, "ERR_HISTORY_GRANT"],
    ["for a group of this package", { group: "resilient-pubsub.continuity" }, "ERR_HISTORY_GRANT"],
    ["for a group without a name", { group: "" }, "ERR_HISTORY_REQUEST"],
    ["for a group whose name is too long", { group: "n".repeat(1025) }, "ERR_HISTORY_REQUEST"],
    ["without a key", { key: undefined }, "ERR_HISTORY_REQUEST"],
    ["with a key that is too long", { key: "k".repeat(65) }, "ERR_HISTORY_REQUEST"],
    ["with a key that is no name", { key: "a:b" }, "ERR_HISTORY_REQUEST"],
    ["without data", { d: undefined }, "ERR_HISTORY_REQUEST"],
    ["with data of no type", { t: "xml" }, "ERR_HISTORY_REQUEST"],
    ["with text that is none", { t: "text", d: 7 }, "ERR_HISTORY_REQUEST"],
    ["with bytes that are none", { t: "binary", d: "%%" }, "ERR_HISTORY_REQUEST"],
    ["with an echo that is neither wanted nor not", { noEcho: 1 }, "ERR_HISTORY_REQUEST"],
    [
      "with a message that is larger than what is kept",
      { d: "x".repeat(5000) },
      "ERR_HISTORY_REQUEST",
    ],
  ])("%s", async (_, difference, code) => {
    const { ada, publish, read } = await start({ maxBytesPerStream: 16_384 });
    const { status, body } = await publish({ grant: ada.grant, ...difference });
    expect({ status, code: body.error?.code }).toEqual({ status: 200, code });
    expect((await read()).streams["g:news"].messages).toEqual([]);
  });

  it("with the grant of another user", async () => {
    const { ada, publish } = await start();
    const { body } = await publish({ grant: ada.grant }, { userId: "eve" });
    expect(body.error.code).toBe("ERR_HISTORY_GRANT");
  });

  it.each<[string, string]>([["too long to be told with its messages", "ä".repeat(160)]])(
    "with a user whose name is %s",
    async (_, user) => {
      const { negotiate, publish } = await start();
      const query = new URLSearchParams({ user, role: "webpubsub.sendToGroup.news" });
      const { grant } = await negotiate(String(query));
      const userId = Buffer.from(query.get("user") ?? "").toString("latin1");
      const { body } = await publish({ grant }, { userId });
      expect(body).toEqual({ error: expect.objectContaining({ code: "ERR_HISTORY_REQUEST" }) });
    },
  );

  it("with a forged grant", async () => {
    const { ada, publish } = await start();
    const { body } = await publish({ grant: forged(ada.grant) });
    expect(body.error.code).toBe("ERR_HISTORY_GRANT");
  });
});

it("an event that the service has not signed is refused before anything is logged", async () => {
  const { ada, eastus, publish, read } = await start();
  const signature = `sha256=${digest(`${accessKeyOf(eastus)}x`, "connection-1")}`;
  const { status } = await publish(
    { grant: ada.grant },
    { headers: { "ce-signature": signature } },
  );
  expect(status).toBe(401);
  expect((await read()).streams["g:news"].messages).toEqual([]);
});

it("while the store is away a client is told to publish it again, and nothing is sent", async () => {
  const store = memoryHistory();
  const sent: string[] = [];
  const { ada, publish, pubsub } = await start({
    appendTimeoutInMs: 50,
    store: {
      description: "a store",
      open: async (...given: Parameters<typeof store.open>) =>
        Object.assign(await store.open(...given), { append: () => new Promise(() => {}) }),
    },
  });
  pubsub.events.on("historyLost", () => void sent.push("lost"));
  const { status, body } = await publish({ grant: ada.grant });
  expect({ status, code: body.code }).toEqual({ status: 503, code: "ERR_HISTORY_UNAVAILABLE" });
  expect(sent).toEqual(["lost"]);
});

it("other events are the application's", async () => {
  const { heard, url, eastus } = await start();
  const event = eventRequest(eastus, { type: "user.resilient-pubsub.other" });
  const { body } = await fetchAnswer(`${url}/api/webpubsub/hubs/chat/`, event);
  expect(body).toBe("of the application");
  expect(heard).toEqual(["other"]);
});
