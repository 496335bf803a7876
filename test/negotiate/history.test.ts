import { memoryHistory } from "express-resilient-pubsub";
import { verifyGrant } from "../../src/grants/grant.ts";
import { claimsOf, startHistory } from "../history/support/catching-up.ts";
import { fetchAnswer, startRegions } from "../support/regions.ts";

const CONTINUITY = "resilient-pubsub.continuity";
const POSITION = /^[\w-]{8}:\d+$/;
const ANONYMOUS = /^anonymous-[\w-]{16}$/;

describe("a client that asks with ?history=1", () => {
  it("is told where its streams end, and is in the group of those that take part", async () => {
    const { pubsub, negotiate } = await startHistory();
    await pubsub.broadcast(1);
    const { url, history } = await negotiate("user=ada&group=news&group=chat");
    expect(history).toEqual({
      ttlInMs: 300_000,
      positions: {
        a: expect.stringMatching(/:1$/),
        u: expect.stringMatching(POSITION),
        "g:news": expect.stringMatching(POSITION),
        "g:chat": expect.stringMatching(POSITION),
      },
    });
    expect(claimsOf(url)).toMatchObject({
      sub: "ada",
      "webpubsub.group": ["news", "chat", CONTINUITY],
    });
  });

  it("is not told about groups that are not kept", async () => {
    const { negotiate } = await startHistory({
      appendTimeoutInMs: 5000,
      groups: (name) => name !== "cursors",
    });
    const { positions } = await negotiate("user=ada&group=cursors&group=resilient-pubsub.x");
    expect(Object.keys(positions)).toEqual(["a", "u"]);
  });

  it("gets a user when it has none, which nobody sends to, and keeps it by its grant", async () => {
    const { negotiate } = await startHistory();
    const first = await negotiate("");
    expect(claimsOf(first.url).sub).toMatch(ANONYMOUS);
    expect(Object.keys(first.positions)).toEqual(["a"]);
    const back = await negotiate(`grant=${first.grant}`);
    expect(claimsOf(back.url).sub).toBe(claimsOf(first.url).sub);
    const other = await negotiate("");
    expect(claimsOf(other.url).sub).not.toBe(claimsOf(first.url).sub);
  });

  it.each<[string, (grants: { ada: string; nobody: string }) => string, RegExp]>([
    ["a named user's grant makes nobody that user", ({ ada }) => `grant=${ada}`, ANONYMOUS],
    ["nobody's grant makes a user no other", ({ nobody }) => `user=bob&grant=${nobody}`, /^bob$/],
    ["two grants are none", ({ nobody }) => `grant=${nobody}&grant=${nobody}`, ANONYMOUS],
    ["what is no grant is ignored", () => "grant=x", ANONYMOUS],
  ])("%s", async (_, query, user) => {
    const { negotiate } = await startHistory();
    const [ada, nobody] = [await negotiate(), await negotiate("")];
    const { url } = await negotiate(query({ ada: ada.grant, nobody: nobody.grant }));
    expect(claimsOf(url).sub).toMatch(user);
    expect(claimsOf(url).sub).not.toBe(claimsOf(nobody.url).sub);
  });

  it("gets a grant where there are no reviews, too", async () => {
    const { negotiate, catchUp } = await startHistory(undefined, {
      negotiate: { reviewAfterInMs: false },
    });
    const ada = await negotiate();
    expect(ada).not.toHaveProperty("reviewAfterInMs");
    expect((await catchUp(ada)).status).toBe(200);
  });

  it("is not kept waiting by a store that does not answer", async () => {
    const store = memoryHistory();
    const { negotiate } = await startHistory({
      appendTimeoutInMs: 20,
      store: {
        description: "a silent store",
        open: async (...given) =>
          Object.assign(await store.open(...given), { tops: () => new Promise(() => {}) }),
      },
    });
    const { status, history, grant } = await negotiate();
    expect({ status, history }).toEqual({
      status: 200,
      history: { ttlInMs: 300_000, positions: {} },
    });
    expect(grant.length).toBeGreaterThan(48);
  });
});

describe("a client is answered as without history", () => {
  const answered = (body: Record<string, unknown>) => Object.keys(body).join();
  const asEver = "url,endpoint,role,expiresAt,reviewAfterInMs,grant,reconnect";

  it.each<[string, string]>([
    ["that does not ask for it", "user=ada"],
    ["that asks with something else", "user=ada&history=true"],
    ["that asks twice", "user=ada&history=1&history=0"],
  ])("%s", async (_, query) => {
    const { url } = await startHistory();
    const { body } = await fetchAnswer(`${url}/negotiate?${query}`);
    expect(answered(body)).toBe(asEver);
    expect(body.grant).toMatch(/^[\w-]{48}$/);
    expect(claimsOf(body.url)["webpubsub.group"] ?? []).toEqual([]);
  });

  it("but that has no user: what it sends is not to look like the app server's", async () => {
    const { url, pubsub } = await startHistory();
    const negotiated = await fetchAnswer(`${url}/negotiate`);
    const issued = await pubsub.getClientAccessToken();
    const users = [negotiated.body.url, issued.url].map((each) => claimsOf(each).sub);
    expect(users).toEqual([expect.stringMatching(ANONYMOUS), expect.stringMatching(ANONYMOUS)]);
    expect(users[0]).not.toBe(users[1]);
    const named = await pubsub.getClientAccessToken({ userId: "ada" });
    expect(claimsOf(named.url).sub).toBe("ada");
  });

  it("that has no user, where nothing is kept", async () => {
    const { url, pubsub } = await startRegions({ negotiate: { allowAnonymous: true } });
    const negotiated = await fetchAnswer(`${url}/negotiate?history=1`);
    const issued = await pubsub.getClientAccessToken();
    for (const each of [negotiated.body.url, issued.url]) {
      expect(claimsOf(each)).not.toHaveProperty("sub");
    }
  });

  it("that asks where nothing is kept, and there is no route to catch up by", async () => {
    const { app, url, negotiate } = await startRegions();
    app.use((_req, res) => void res.status(418).end());
    const { body } = await negotiate("?user=ada&history=1");
    expect(answered(body)).toBe(asEver);
    expect(body.grant).toMatch(/^[\w-]{48}$/);
    expect((await fetch(`${url}/negotiate/history`, { method: "POST" })).status).toBe(418);
  });
});

it("what is no grant of these servers is none, whoever says so", () => {
  expect(verifyGrant("x".repeat(100), [], 0)).toBeUndefined();
});
