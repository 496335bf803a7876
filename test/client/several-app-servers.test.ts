import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import {
  type Answer,
  answerJson,
  answerStatus,
  hangUp,
  never,
  ScriptedAppServer,
} from "./support/scripted-app-server.ts";
import { ScriptedService } from "./support/scripted-service.ts";

const NOWHERE = "http://127.0.0.1:9/negotiate";
const HOUR_IN_MS = 3_600_000;

/** Two app servers, both of which send to the one service; what each tells may differ. */
async function startPair(told: object = {}) {
  const service = await ScriptedService.start();
  const answerOf = (name: string) =>
    answerJson({ url: service.url, endpoint: name, grant: `grant of ${name}`, ...told });
  const east = await ScriptedAppServer.start(answerOf("east"));
  const west = await ScriptedAppServer.start(answerOf("west"));
  const negotiated = () => [east.negotiated.length, west.negotiated.length];
  return { service, east, west, answerOf, negotiated };
}

describe("of two app servers, the second is asked when the first answers by", () => {
  it.each<[string, Answer]>([
    ["500", answerStatus(500)],
    ["503 with a long pause", answerStatus(503, { "Retry-After": "100" })],
    ["404", answerStatus(404)],
    ["403 of a firewall", answerStatus(403, { "Content-Type": "text/html" }, "<h1>Blocked</h1>")],
    ["401 of a proxy, in plain text", answerStatus(401, { "Content-Type": "text/plain" }, "no")],
    ["a login page", answerStatus(200, { "Content-Type": "text/html" }, "<html>")],
    ["an answer without a URL", answerJson({ endpoint: "east" })],
    ["hanging up", hangUp],
    ["silence", never],
    ["a body that never ends", (res) => res.writeHead(200).write('{"url":"ws:')],
    ["a refusal whose body never ends", (res) => res.writeHead(503).write("{")],
  ])("%s", async (_, answer) => {
    const { east, west, negotiated } = await startPair();
    east.negotiate = answer;
    const { client, log } = makeClient([east.url, new URL(west.url)], {
      negotiateTimeoutInMs: HOUR_IN_MS,
    });
    await client.start();
    expect(client.endpoint).toBe("west");
    expect(negotiated()).toEqual([1, 1]);
    expect(log).toEqual(["state connecting", "state connected", "connected west"]);
  });
});

it("of two app servers, only the first is asked as long as it answers well", async () => {
  const { service, east, west, negotiated } = await startPair();
  const { client, log } = makeClient([east.url, west.url]);
  await client.start();
  service.latest?.close(1000);
  await until(() => log.filter((line) => line.startsWith("connected")).length === 2);
  expect(negotiated()).toEqual([2, 0]);
});

it("an app server at whose address nobody listens costs nothing but the attempt", async () => {
  const { west } = await startPair();
  const { client, log } = makeClient([NOWHERE, west.url]);
  await client.start();
  expect(log).toHaveLength(3);
});

it("the app server that answered well is asked first the next time, also after a new start", async () => {
  const { service, east, west, negotiated } = await startPair();
  east.negotiate = answerStatus(500);
  const { client, log } = makeClient([east.url, west.url]);
  await client.start();
  service.latest?.close(1000);
  await until(() => log.filter((line) => line.startsWith("connected")).length === 2);
  client.stop();
  await client.start();
  expect(negotiated()).toEqual([1, 3]);
});

it("an app server that is slower than the next one is not waited for, and its request is cancelled", async () => {
  const { east, west } = await startPair();
  east.negotiate = never;
  const { client } = makeClient([east.url, west.url]);
  await client.start();
  await until(() => east.cancelled === 1);
  expect(west.cancelled).toBe(0);
});

it("all requests are cancelled when the client is stopped", async () => {
  const { east, west } = await startPair();
  east.negotiate = west.negotiate = never;
  const { client } = makeClient([east.url, west.url]);
  const starting = client.start().catch(() => {});
  await until(() => west.negotiated.length === 1);
  client.stop();
  await starting;
  await until(() => east.cancelled + west.cancelled === 2);
});

it("what failed is told to each app server that is asked", async () => {
  const { east, west, service } = await startPair();
  const answer = west.negotiate;
  east.negotiate = answerStatus(500);
  west.negotiate = answerJson({ url: "ws://127.0.0.1:9/", endpoint: "west" });
  const { client } = makeClient([`${east.url}?room=1`, west.url]);
  const starting = client.start();
  await until(() => west.negotiated.length >= 2);
  west.negotiate = answer;
  await starting;
  expect(service.clients).toHaveLength(1);
  expect(west.negotiated[1]?.search).toBe("?failed=west");
});

describe("the client stops when", () => {
  const refusal = answerStatus(
    401,
    { "Content-Type": "application/problem+json" },
    '{"code":"ERR_UNAUTHENTICATED"}',
  );
  const page = answerStatus(403, { "Content-Type": "text/html" }, "<h1>Blocked</h1>");
  it.each<[string, Answer, Answer, number[]]>([
    ["the app itself refuses it", refusal, answerStatus(500), [1, 0]],
    ["the app refuses it behind a server that fails", answerStatus(500), refusal, [1, 1]],
    ["the app refuses it behind a firewall", page, refusal, [1, 1]],
    ["all refuse it, whoever they are", page, page, [1, 1]],
  ])("%s", async (_, first, second, asked) => {
    const { east, west, negotiated } = await startPair();
    east.negotiate = first;
    west.negotiate = second;
    const { client, events } = makeClient([east.url, west.url]);
    await expect(client.start()).rejects.toMatchObject({ code: "ERR_NEGOTIATE_REFUSED" });
    expect(negotiated()).toEqual(asked);
    expect(events["connect-failed"]).toEqual([]);
  });
});

describe("the pause before all are asked again is", () => {
  const pauseOf = (retryAfter: string) => answerStatus(503, { "Retry-After": retryAfter });
  const page = answerStatus(403, { "Content-Type": "text/html" }, "<h1>Blocked</h1>");
  it.each<[string, Answer, Answer, object]>([
    ["the shortest that was asked for", pauseOf("30"), pauseOf("10"), { retryAfterInMs: 10_000 }],
    ["short when one asks for none", pauseOf("30"), answerStatus(502), { status: 502 }],
    [
      "that of the app server, not of the firewall",
      page,
      pauseOf("10"),
      { retryAfterInMs: 10_000 },
    ],
  ])("%s", async (_, first, second, error) => {
    const { east, west } = await startPair();
    east.negotiate = first;
    west.negotiate = second;
    const { client, events } = makeClient([east.url, west.url]);
    const starting = client.start().catch(() => {});
    await until(() => events["connect-failed"].length);
    expect(events["connect-failed"][0]?.error).toMatchObject(error);
    client.stop();
    await starting;
  });
});

it("an app server that asked for a pause is left alone, while one that is dead is tried again", async () => {
  const { east, west, negotiated } = await startPair();
  east.negotiate = answerStatus(503, { "Retry-After": "100" });
  west.negotiate = hangUp;
  const { client } = makeClient([east.url, west.url]);
  const starting = client.start().catch(() => {});
  await until(() => west.negotiated.length >= 4);
  expect(negotiated()[0]).toBe(1);
  client.stop();
  await starting;
});

it("a review goes to the app server that gave the grant, and to the next when that is silent", async () => {
  const { east, west, negotiated } = await startPair({ reviewAfterInMs: 100 });
  east.negotiate = answerStatus(500);
  const { client } = makeClient([east.url, west.url]);
  await client.start();
  await until(() => west.reviewed.length >= 2);
  expect(east.reviewed).toEqual([]);
  west.place = never;
  await until(() => east.reviewed.length >= 2);
  expect(east.reviewed[0]?.searchParams.get("grant")).toBe("grant of west");
  expect(negotiated()).toEqual([1, 1]);
});

it("a region that dies with its app server is left for the other one of both", async () => {
  const services = { east: await ScriptedService.start(), west: await ScriptedService.start() };
  const start = (name: "east" | "west") =>
    ScriptedAppServer.start(answerJson({ url: services[name].url, endpoint: name }));
  const east = await start("east");
  const west = await start("west");
  const { client, log } = makeClient([east.url, west.url]);
  await client.start();
  await Promise.all([east.close(), services.east.close()]);
  await until(() => log.includes("moved east -> west"));
  expect(west.negotiated).toHaveLength(1);
  expect(log.filter((line) => line.startsWith("connect-failed"))).toEqual([]);
});
