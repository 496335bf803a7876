import { until } from "../../support/until.ts";
import type { MadeClient } from "../support/make-client.ts";
import { makeClient } from "../support/make-client.ts";
import type { Frame, ServiceClient } from "../support/scripted-service.ts";
import { ContinuityWorld } from "./support/continuity-world.ts";

type Answer = (frame: Frame, socket: ServiceClient) => void;

const PUBLISHED: Answer = respondWith({ position: "epoch-01:1" });

function respondWith(data: object): Answer {
  return ({ invocationId }, socket) =>
    socket.send({ type: "invokeResponse", invocationId, success: true, dataType: "json", data });
}

const fail =
  (name: string): Answer =>
  ({ invocationId }, socket) =>
    socket.send({
      type: "invokeResponse",
      invocationId,
      success: false,
      error: { name, message: "no" },
    });

interface PublishingWorld extends MadeClient {
  readonly world: ContinuityWorld;
  /** What was published, by each attempt. */
  readonly published: { readonly [Name: string]: unknown }[];
}

/** @param answers To one attempt after the other; the last one to all that follow. */
async function startWorld(...answers: Answer[]): Promise<PublishingWorld> {
  const world = await ContinuityWorld.start();
  const published: PublishingWorld["published"] = [];
  const answer = (frame: Frame, socket: ServiceClient): void => {
    if (frame.type !== "invoke") {
      socket.answer(frame);
      return;
    }
    expect(frame).toMatchObject({ target: "event", event: "resilient-pubsub.publish" });
    published.push(frame.data);
    const next = answers.length > 1 ? answers.shift() : answers[0];
    next?.(frame, socket);
  };
  world.east.behaviour = { answer };
  world.west.behaviour = { answer };
  const made = world.makeClient();
  await made.client.start();
  return { world, published, ...made };
}

it("publishing resolves with the position of the message", async () => {
  const { client, published } = await startWorld(PUBLISHED);
  expect(await client.publish("news", { text: "hi" })).toEqual({ position: "epoch-01:1" });
  expect(published).toEqual([
    {
      group: "news",
      t: "json",
      d: { text: "hi" },
      grant: "grant-1",
      key: expect.stringMatching(/^[\w-]{1,64}$/),
    },
  ]);
});

it("text and bytes are published as what they are, and the client may want no echo", async () => {
  const { client, published } = await startWorld(PUBLISHED);
  await client.publish("news", "hi", { dataType: "text", noEcho: true });
  await client.publish("news", new Uint8Array([1, 2]).buffer, { dataType: "binary" });
  expect(published).toMatchObject([
    { t: "text", d: "hi", noEcho: true },
    { t: "binary", d: "AQI=" },
  ]);
});

const leave: Answer = (_, socket) => socket.close(1000);

describe("a message is published again under the same key", () => {
  it.each<[string, Answer]>([
    ["after the connection was cut before the answer", leave],
    ["after the app server has failed", fail("InvocationFailed")],
  ])("%s", async (_, failure) => {
    const { client, published, world } = await startWorld(failure, failure, PUBLISHED);
    world.sendTo("west");
    expect(await client.publish("news", 1)).toEqual({ position: "epoch-01:1" });
    expect(published).toHaveLength(3);
    expect(new Set(published.map(({ key }) => key)).size).toBe(1);
  });
});

it("two messages have two keys", async () => {
  const { client, published } = await startWorld(PUBLISHED);
  await Promise.all([client.publish("news", 1), client.publish("news", 1)]);
  expect(new Set(published.map(({ key }) => key)).size).toBe(2);
});

it("a client whose grant is refused gets another, once", async () => {
  const error = { code: "ERR_HISTORY_GRANT", message: "negotiate again" };
  const { client, published } = await startWorld(respondWith({ error }));
  await expect(client.publish("news", 1)).rejects.toMatchObject({
    code: "ERR_CALL_REFUSED",
    errorDetail: { name: "ERR_HISTORY_GRANT" },
  });
  expect(published.map(({ grant }) => grant)).toEqual(["grant-1", "grant-2"]);
});

describe("publishing is refused for good", () => {
  it.each<[string, Answer]>([
    [
      "by the app server, with a code",
      respondWith({ error: { code: "ERR_HISTORY_REQUEST", message: "no" } }),
    ],
    ["by an app server without a history", respondWith({ hello: 1 })],
    ["by the service", fail("Forbidden")],
  ])("%s", async (_, answer) => {
    const { client, published } = await startWorld(answer);
    await expect(client.publish("news", 1)).rejects.toMatchObject({ code: "ERR_CALL_REFUSED" });
    expect(published).toHaveLength(1);
  });
});

it("publishing ends with the signal, between two attempts as well", async () => {
  const { client, published } = await startWorld(fail("InvocationFailed"));
  const controller = new AbortController();
  const publishing = client.publish("news", 1, { abortSignal: controller.signal });
  await until(() => published.length >= 2);
  controller.abort();
  await expect(publishing).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
});

it("publishing ends when the client is stopped", async () => {
  const { client } = await startWorld(() => {});
  const publishing = client.publish("news", 1);
  client.stop();
  await expect(publishing).rejects.toMatchObject({ code: "ERR_CLIENT_STOPPED" });
});

it("nothing can be published that JSON cannot hold, nor without the option", async () => {
  const { client } = await startWorld(PUBLISHED);
  await expect(client.publish("news", new Map())).rejects.toMatchObject({
    code: "ERR_INVALID_ARGUMENT",
  });
  const { client: without } = makeClient("http://localhost/negotiate");
  await expect(without.publish("news", 1)).rejects.toMatchObject({ code: "ERR_INVALID_ARGUMENT" });
  expect(without.positions).toBeUndefined();
});
