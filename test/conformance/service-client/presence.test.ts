import type { WebPubSubGroupMember } from "@azure/web-pubsub";
import { createServiceScene } from "./service-scene.ts";

const { scene, setUp } = createServiceScene();

describe("an existence check", () => {
  test("knows connections and users", async () => {
    const { emulator, service } = await setUp();
    const { connectionId } = await scene.connectJson(emulator, { userId: "u" });
    expect(await service.connectionExists(connectionId)).toBe(true);
    expect(await service.connectionExists("ghost")).toBe(false);
    expect(await service.userExists("u")).toBe(true);
    expect(await service.userExists("ghost")).toBe(false);
    expect(await service.groupExists("g")).toBe(false);
    await service.group("g").addConnection(connectionId);
    expect(await service.groupExists("g")).toBe(true);
  });
});

describe("the connections of a group", () => {
  const withFive = async () => {
    const { emulator, service } = await setUp();
    const clients = [];
    for (let index = 0; index < 5; index++) {
      clients.push(await scene.connectJson(emulator, { userId: `u${index}`, groups: ["a/ %ü"] }));
    }
    const ids = clients.map(({ connectionId }) => connectionId).sort();
    return { group: service.group("a/ %ü"), ids };
  };

  test.each([
    [{}, 5],
    [{ maxPageSize: 2 }, 5],
    [{ maxPageSize: 2, top: 5 }, 5],
    [{ maxPageSize: 2, top: 3 }, 3],
    [{ top: 4 }, 4],
  ])("are listed one by one with %j", async (listOptions, count) => {
    const { group, ids } = await withFive();
    const listed: string[] = [];
    for await (const { connectionId } of await group.listConnections(listOptions)) {
      listed.push(connectionId);
    }
    expect(listed).toEqual(ids.slice(0, count));
  });

  test("are listed by page, and from a page on", async () => {
    const { group, ids } = await withFive();
    const links: string[] = [];
    const onResponse = (_raw: unknown, flat: unknown) =>
      void links.push((flat as { nextLink: string }).nextLink);
    const list = await group.listConnections({ maxPageSize: 2, top: 5, onResponse });
    const pages: WebPubSubGroupMember[][] = [];
    for await (const page of list.byPage()) pages.push(page);
    expect(pages.map((page) => page.map(({ connectionId }) => connectionId))).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
    const [continuationToken] = links;
    const rest: string[] = [];
    for await (const page of list.byPage({ continuationToken })) {
      rest.push(...page.map(({ connectionId }) => connectionId));
    }
    expect(rest).toEqual(ids.slice(2));
  });

  test.each([{ maxPageSize: 201 }, { top: 2 ** 31 }, { continuationToken: "no id" }])(
    "are not listed with %j",
    async (listOptions) => {
      const { group } = await withFive();
      const list = await group.listConnections(listOptions);
      await expect(list.next()).rejects.toMatchObject({ statusCode: 400 });
    },
  );
});
