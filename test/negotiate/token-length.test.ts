import type { Identity } from "express-resilient-pubsub";
import { startEntraRegions } from "../support/entra-regions.ts";
import { evidenceOf } from "../support/evidence.ts";
import { connectClient } from "../support/official-client.ts";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

const rooms = (count: number): Identity => {
  const groups = Array.from({ length: count }, (_, index) => `room-3f2b8c${index}`);
  return { userId: "ada", groups, roles: groups.map((group) => `webpubsub.sendToGroup.${group}`) };
};

async function startWith(identity: Identity) {
  const world = await startRegions({ negotiate: { authenticate: () => identity } });
  const errors: { handler: string; error: unknown }[] = [];
  world.pubsub.events.on("handlerError", (event) => void errors.push(event));
  await world.pubsub.ready();
  return { ...world, errors };
}

it("a token that is as long as may be lets its client in", async () => {
  const { negotiate } = await startWith(rooms(160));
  const { body } = await negotiate();
  expect(body.url.length).toBeGreaterThan(11_500);
  expect(body.url.length).toBeLessThanOrEqual(12_288);
  const { connectionIds } = await connectClient(body.url);
  await until(() => connectionIds.length === 1);
});

describe("a token with which no client could connect is refused with the remedy:", () => {
  it.each<[string, Identity]>([
    ["many groups and roles", rooms(200)],
    ["long roles", { userId: "ada", roles: Array(12).fill("x".repeat(1000)) }],
    ["groups in other letters", { userId: "ada", groups: Array(5).fill("\u65e5".repeat(1000)) }],
    ["more than anybody can have", rooms(20_000)],
  ])("%s", async (_, identity) => {
    const { negotiate, pubsub, errors, log } = await startWith(identity);
    const { status, headers, body } = await negotiate();
    expect({ status, code: body.code }).toEqual({ status: 500, code: "ERR_TOKEN_TOO_LONG" });
    expect(headers.get("content-type")).toMatch("application/problem+json");
    expect(JSON.stringify(body)).not.toMatch(/room|xxx/);
    const error = expect.objectContaining({
      code: "ERR_TOKEN_TOO_LONG",
      message: expect.stringMatching(
        /^The client's URL would have \d+ characters, because of \d+ roles and \d+ groups .* 12288 at most; give it fewer/,
      ),
    });
    expect(errors).toEqual([{ handler: "negotiate.authenticate", error }]);
    await expect(pubsub.getClientAccessToken(identity)).rejects.toEqual(error);
    expect(log.filter((name) => !name.startsWith("endpointUp"))).toEqual([]);
  });
});

it("a service that issues tokens is not even asked for one with which no client could connect", async () => {
  const { pubsub, east } = await startEntraRegions();
  const failed: string[] = [];
  pubsub.events.on("tokenFailed", ({ endpoint }) => void failed.push(endpoint));
  await pubsub.ready();
  const before = evidenceOf(pubsub);
  const { userId, roles, groups } = rooms(2000);
  await expect(pubsub.getClientAccessToken({ userId, roles, groups })).rejects.toMatchObject({
    code: "ERR_TOKEN_TOO_LONG",
  });
  expect(failed).toEqual([]);
  expect(evidenceOf(pubsub)).toEqual(before);
  expect((await pubsub.getClientAccessToken({ userId: "ada" })).url).toContain(
    new URL(east.endpoint).host,
  );
});
