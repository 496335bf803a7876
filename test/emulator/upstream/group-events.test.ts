import { ConnectionEvents } from "../../../src/emulator/upstream/connection-events.ts";
import type { OutgoingEvent } from "../../../src/emulator/upstream/event-sender.ts";
import type { UpstreamAnswer } from "../support/app-server.ts";
import { createDeferred } from "../support/deferred.ts";
import { createScene } from "../support/scene.ts";
import { createUpstream } from "../support/upstream-scene.ts";

const scene = createScene();

async function setUp(settings = {}) {
  const appServer = await scene.appServer();
  const world = createUpstream([
    {
      urlTemplate: `${appServer.url}/{hub}/{event}`,
      systemEvents: ["connected", "disconnected"],
      groupEvents: ["joined", "left"],
      userEventPattern: "*",
      ...settings,
    },
  ]);
  scene.defer(() => world.upstream.close());
  return { appServer, ...world };
}

describe("group events", () => {
  test("name the group and are of a type of their own", async () => {
    const { appServer, open } = await setUp();
    const events = open();
    events.joined("gröup");
    events.left("gröup");
    const calls = await appServer.nextEvents(2);
    expect(calls).toMatchObject([
      { event: "gp.joined", url: "/chat/joined", body: '{"group":"gröup"}' },
      { event: "gp.left", url: "/chat/left", body: '{"group":"gröup"}' },
    ]);
    expect(calls[0]?.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "ce-type": "azure.webpubsub.gp.joined",
      "ce-eventname": "joined",
      "ce-userid": "u",
      "ce-hub": "chat",
    });
  });

  test("come between connected and disconnected, in their order, however slow each is", async () => {
    const { appServer, open } = await setUp();
    const { promise, resolve } = createDeferred<UpstreamAnswer>();
    appServer.answer = ({ event }) => (event === "sys.connected" ? promise : { status: 500 });
    const events = open();
    events.connected();
    events.joined("a");
    events.joined("b");
    events.left("a");
    events.disconnected("over");
    expect((await appServer.events.take()).event).toBe("sys.connected");
    // Another connection's come through meanwhile.
    open("d").joined("z");
    expect((await appServer.events.take()).body).toBe('{"group":"z"}');
    expect(appServer.events.size).toBe(0);
    resolve({ status: 500 });
    const calls = await appServer.nextEvents(4);
    expect(calls.map(({ body, headers }) => [body, headers["ce-id"]])).toEqual([
      ['{"group":"a"}', "2"],
      ['{"group":"b"}', "3"],
      ['{"group":"a"}', "4"],
      ['{"reason":"over"}', "5"],
    ]);
  });

  test("do not change the state, but cookies may", async () => {
    const { appServer, open } = await setUp();
    appServer.answer = () => ({ headers: { "ce-connectionState": "s", "Set-Cookie": "a=1" } });
    const events = open();
    events.joined("g");
    events.left("g");
    const [, left] = await appServer.nextEvents(2);
    expect(left?.headers).toMatchObject({ cookie: "a=1" });
    expect(left?.headers).not.toHaveProperty("ce-connectionstate");
  });

  test("group events without a handler are not sent and not counted", async () => {
    const { appServer, open } = await setUp({ groupEvents: ["left"] });
    const events = open();
    events.joined("a");
    events.left("a");
    events.disconnected("");
    const calls = await appServer.nextEvents(2);
    expect(calls.map(({ event, headers }) => [event, headers["ce-id"]])).toEqual([
      ["gp.left", "1"],
      ["sys.disconnected", "2"],
    ]);
  });

  test("do not pile up without end, and the end is told all the same", async () => {
    const sent: OutgoingEvent[] = [];
    const { promise, resolve } = createDeferred<void>();
    const ended = createDeferred<void>();
    const events = new ConnectionEvents(
      { hub: "chat", connectionId: "c", userId: null },
      {
        wants: () => true,
        async send(outgoing) {
          sent.push(outgoing);
          if (outgoing.event.name === "disconnected") ended.resolve();
          await promise;
          return { kind: "undelivered", message: "", advice: "" };
        },
      },
    );
    events.connected();
    for (let count = 0; count < 20_000; count++) events.joined("g");
    events.disconnected("");
    resolve();
    await ended.promise;
    expect(sent).toHaveLength(10_001);
  });
});
