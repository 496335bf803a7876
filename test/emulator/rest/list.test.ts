import type { Emulator } from "express-resilient-pubsub/emulator";
import { callRest } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const scene = createScene();

interface Page {
  value: { connectionId: string; userId: string | null }[];
  nextLink?: string;
}

const list = async (emulator: Emulator, query: string, group = "g") => {
  const path = `/api/hubs/Chat/groups/${group}/connections?${query}api-version=2024-12-01`;
  const answer = await callRest(emulator, { method: "GET", path });
  return { ...answer, page: JSON.parse(answer.body || "null") as Page };
};

/** Follows the links to the end, each with a token of its own, as the SDK does. */
async function listAll(emulator: Emulator, query: string) {
  const pages: Page[] = [(await list(emulator, query)).page];
  for (;;) {
    const link = pages.at(-1)?.nextLink;
    if (link === undefined) return pages;
    const path = link.slice(emulator.endpoint.length);
    const answer = await callRest(emulator, { method: "GET", path });
    expect(answer.status).toBe(200);
    pages.push(JSON.parse(answer.body));
  }
}

async function withMembers(count: number) {
  const emulator = await scene.emulator();
  const clients = [];
  for (let index = 0; index < count; index++) {
    clients.push(await scene.connectJson(emulator, { userId: `u${index}`, groups: ["g", "a/ü"] }));
  }
  return { emulator, clients, ids: clients.map(({ connectionId }) => connectionId).sort() };
}

test("a group without members has one empty page", async () => {
  const emulator = await scene.emulator();
  const { status, headers, body } = await list(emulator, "");
  expect([status, body]).toEqual([200, '{"value":[]}']);
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
});

test("members are told by connection and user, an anonymous one with null", async () => {
  const emulator = await scene.emulator();
  const { connectionId } = await scene.connectJson(emulator, { groups: ["g"] });
  const { body } = await list(emulator, "top=20&");
  expect(body).toBe(`{"value":[{"connectionId":"${connectionId}","userId":null}]}`);
  const named = await scene.connectJson(emulator, { userId: "ü", groups: ["h"] });
  expect((await list(emulator, "", "h")).page).toEqual({
    value: [{ connectionId: named.connectionId, userId: "ü" }],
  });
});

describe("pages of six members", () => {
  test.each([
    ["maxpagesize=2&top=5&", [2, 2, 1]],
    ["maxpagesize=2&", [2, 2, 2]],
    ["maxpagesize=2&top=6&", [2, 2, 2]],
    ["maxpagesize=2&top=4&", [2, 2]],
    ["maxpagesize=4&top=2147483647&", [4, 2]],
    ["maxpagesize=200&", [6]],
    ["top=3&", [3]],
    ["", [6]],
  ])(
    "asked for with %j are of the sizes %j, in one order, each member once",
    async (query, sizes) => {
      const { emulator, ids } = await withMembers(6);
      const pages = await listAll(emulator, query);
      expect(pages.map(({ value }) => value.length)).toEqual(sizes);
      const told = pages.flatMap(({ value }) => value.map(({ connectionId }) => connectionId));
      expect(told).toEqual(ids.slice(0, told.length));
    },
  );

  test("link to the next one in the form on record", async () => {
    const { emulator, ids } = await withMembers(6);
    const base = `${emulator.endpoint}/api/hubs/Chat/groups/a%2F%C3%BC/connections`;
    const first = await list(emulator, "maxpagesize=2&top=5&", "a%2F%C3%BC");
    expect(first.page.nextLink).toBe(
      `${base}?top=3&maxpagesize=2&continuationToken=${ids[1]}&api-version=2024-12-01`,
    );
    const endless = await list(emulator, "maxpagesize=2&", "a%2F%C3%BC");
    expect(endless.page.nextLink).toBe(
      `${base}?maxpagesize=2&continuationToken=${ids[1]}&api-version=2024-12-01`,
    );
  });

  test("go on behind a member that has left in between", async () => {
    const { emulator, ids } = await withMembers(6);
    const [first] = await listAll(emulator, "maxpagesize=2&top=2&");
    const last = first?.value.at(-1)?.connectionId;
    const path = `/api/hubs/chat/groups/g/connections/${last}?api-version=2024-12-01`;
    await callRest(emulator, { method: "DELETE", path });
    const rest = await listAll(emulator, `continuationToken=${last}&`);
    expect(rest.flatMap(({ value }) => value.map((one) => one.connectionId))).toEqual(ids.slice(2));
  });

  test("link to the public endpoint where there is one", async () => {
    const publicEndpoint = "http://pubsub.example:8080";
    const emulator = await scene.emulator({ publicEndpoint });
    for (let index = 0; index < 2; index++) {
      const url = clientUrl(emulator, "chat", { groups: ["g"] });
      const client = new SocketClient(url.replace(/\/\/[^/]*/, `//127.0.0.1:${emulator.port}`));
      scene.defer(() => client.terminate());
      await client.opened;
    }
    const { page } = await list(emulator, "maxpagesize=1&");
    expect(page.nextLink).toMatch(/^http:\/\/pubsub\.example:8080\/api\/hubs\/Chat\/groups\/g\//);
  });
});

// The recordings have one of each; E has what happens to more, and to none.
test.each([
  ["top=1&top=1&", "top"],
  ["maxpagesize=1&maxpagesize=2&", "maxpagesize"],
  ["continuationToken=&", "continuationToken"],
  ["continuationToken=%20&", "continuationToken"],
  [`continuationToken=${"c".repeat(31)}&continuationToken=${"c".repeat(31)}&`, "continuationToken"],
])("a page that is asked for with %j is refused for its %s (E)", async (query, target) => {
  const emulator = await scene.emulator();
  const { status, body } = await list(emulator, query);
  expect(status).toBe(400);
  expect(JSON.parse(body)).toMatchObject({ code: "Error.BadRequest", target });
});

test("the link to the next page of a call without a version names the newest (E)", async () => {
  const { emulator } = await withMembers(2);
  const path = "/api/hubs/chat/groups/g/connections?maxpagesize=1";
  const { body } = await callRest(emulator, { method: "GET", path });
  expect(JSON.parse(body).nextLink).toMatch(/&api-version=2024-12-01$/);
});

test("a page has at most 200 members", async () => {
  const { emulator } = await withMembers(201);
  expect((await listAll(emulator, "")).map(({ value }) => value.length)).toEqual([200, 1]);
});
