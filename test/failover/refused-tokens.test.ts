import type { ServerResponse } from "node:http";
import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { entraCredential } from "../support/entra-credential.ts";
import { logEvents } from "../support/event-log.ts";
import { type RawService, startRawService } from "../support/raw-service.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";

type Answer = (res: ServerResponse) => void;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const json = (value: unknown) => (res: ServerResponse) =>
  void res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
const status = (code: number) => (res: ServerResponse) => void res.writeHead(code).end("no");
const token = `${encode({ alg: "HS256" })}.${encode({ exp: 4_000_000_000 })}.signature`;

/** Both regions issue the tokens themselves, and answer one user as the test says. */
async function startWorld(answerPoison: Answer) {
  const start = () =>
    startRawService((res, { url }) =>
      (url.includes("poison") ? answerPoison : json({ token }))(res),
    );
  const [east, west] = await Promise.all([start(), start()]);
  const optionsOf = (name: string, service: RawService) => ({
    name,
    endpoint: `https://${name}.example`,
    reverseProxyEndpoint: service.url,
    credential: entraCredential(),
  });
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        { ...optionsOf("east", east), role: "primary" },
        { ...optionsOf("west", west), role: "secondary" },
      ],
      negotiate: { authenticate: (req) => ({ userId: String(req.query.user) }) },
      upstream: { verifySignature: false },
      health: { schedule: false, transitionIntervalInMs: 20 },
    }),
  );
  const log = logEvents(pubsub.events);
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  await pubsub.ready();
  log.length = 0;
  return { pubsub, log, negotiate: (user: string) => fetchAnswer(`${url}/negotiate?user=${user}`) };
}

describe("a user to whom healthy endpoints give no token is told that it is the user, and costs nobody anything, when they answer", () => {
  it.each<[string, Answer]>([
    ["403, as a firewall", status(403)],
    ["401", status(401)],
    ["400", status(400)],
    ["500", status(500)],
    ["with a reset", (res) => void res.socket?.resetAndDestroy()],
    ["no token", json({ token: "" })],
    ["nothing that is one", json({ token: { a: 1 } })],
    ["a token without an end", json({ token: `${encode({})}.${encode({})}.x` })],
    ["a token that would end a line", json({ token: `a.${encode({ exp: 1 })}.\r\nx: 1` })],
    ["null", json(null)],
    ["a page", (res) => void res.writeHead(200, { "Content-Type": "text/html" }).end("<html>")],
    ["more than any URL has room for", json({ token: `a.${"b".repeat(70_000)}.c` })],
  ])("%s", async (_, answerPoison) => {
    const { pubsub, log, negotiate } = await startWorld(answerPoison);
    for (let i = 0; i < 4; i++) {
      const { status, body } = await negotiate("poison");
      expect({ status, code: body.code }).toEqual({ status: 502, code: "ERR_TOKEN_REFUSED" });
      const { status: ofOthers, body: answer } = await negotiate("ada");
      expect({ status: ofOthers, endpoint: answer.endpoint }).toEqual({
        status: 200,
        endpoint: "east",
      });
    }
    await expect(pubsub.getClientAccessToken({ userId: "poison" })).rejects.toMatchObject({
      code: "ERR_TOKEN_REFUSED",
    });
    expect(log).toEqual([]);
  });
});

it("a user who is told to come later is not told that it is the user", async () => {
  const { log, negotiate } = await startWorld(status(429));
  const { status: answered, body } = await negotiate("poison");
  expect({ answered, code: body.code }).toEqual({ answered: 503, code: "ERR_NO_HEALTHY_ENDPOINT" });
  expect(log).toEqual([]);
});
