import { Agent, type IncomingMessage, request, type Server } from "node:http";
import type { UserEventRequest, UserEventResponseHandler } from "@azure/web-pubsub-express";
import type { CoordinationStore, StoreConnection } from "express-resilient-pubsub";
import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { startRawService } from "../support/raw-service.ts";
import { fetchAnswer, startRegions } from "../support/regions.ts";
import { eventRequest } from "../support/upstream-request.ts";

/** Something that a test lets go on. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

type Handler = (req: UserEventRequest, res: UserEventResponseHandler) => Promise<void>;

/** Two regions and an app whose event handler is the test's. */
async function startWith(handleUserEvent: Handler = async (_, res) => res.success()) {
  const failures: { part: string; error: unknown }[] = [];
  const world = await startRegions({
    upstream: { handleUserEvent },
    prepare: (app) => app.get("/before", (_req, res) => void res.end("not ours")),
  });
  world.pubsub.events.on("closeFailed", (failure) => void failures.push(failure));
  await world.pubsub.ready({ require: "all-healthy" });
  const event = (signal?: AbortSignal) =>
    fetchAnswer(`${world.url}/api/webpubsub/hubs/chat/`, {
      ...eventRequest(world.eastus, {}),
      ...(signal && { signal }),
    });
  return { ...world, failures, event };
}

const isClosed = { status: 503, body: { code: "ERR_CLOSED" } };

describe("while the plugin closes", () => {
  it("a negotiate is sent to another server at once, and one under way is answered", async () => {
    const asked = gate();
    const answered = gate();
    const { pubsub, negotiate } = await startRegions({
      negotiate: {
        authenticate: async () => {
          asked.open();
          await answered.opened;
          return { userId: "ada" };
        },
      },
    });
    await pubsub.ready();
    const underWay = negotiate();
    await asked.opened;
    const closed = pubsub.close();
    const refused = await negotiate();
    expect(refused).toMatchObject(isClosed);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "retry-after": "1",
      connection: "close",
    });
    answered.open();
    expect(await underWay).toMatchObject({ status: 200, body: { endpoint: "eastus" } });
    await closed;
  });

  it("an event under way is answered, with all that its handler sends until then", async () => {
    const handled = gate();
    const goOn = gate();
    const reports: unknown[] = [];
    const { pubsub, event } = await startWith(async (_, res) => {
      handled.open();
      await goOn.opened;
      for (const text of ["one", "two"]) {
        reports.push((await pubsub.broadcast({ text })).delivered);
      }
      res.success("done", "text");
    });
    const underWay = event();
    await handled.opened;
    const closed = pubsub.close();
    const late = event();
    goOn.open();
    expect(await underWay).toMatchObject({ status: 200, body: "done" });
    expect(await late).toMatchObject({ status: 200, body: "done" });
    await closed;
    const both = ["eastus", "westus"];
    expect(reports).toEqual([both, both, both, both]);
  });

  it("a handler of the application under way may still send", async () => {
    const asked = gate();
    const goOn = gate();
    const { app, pubsub, url } = await startWith();
    app.post("/notify", async (_req, res) => {
      asked.open();
      await goOn.opened;
      res.json(await res.locals.pubsub.broadcast("hi"));
    });
    const underWay = fetchAnswer(`${url}/notify`, { method: "POST" });
    await asked.opened;
    const closed = pubsub.close();
    goOn.open();
    expect((await underWay).body.delivered).toEqual(["eastus", "westus"]);
    await closed;
  });

  it("an operation under way is finished", async () => {
    const received = gate();
    const answer = gate();
    const service = await startRawService(async (res) => {
      received.open();
      await answer.opened;
      res.writeHead(202, { "Content-Length": 0 }).end();
    });
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [
          { name: "eastus", role: "primary", connectionString: service.connectionString },
        ],
        negotiate: { allowAnonymous: true },
        health: { schedule: false },
      }),
    );
    await pubsub.ready();
    const sent = pubsub.broadcast("hi");
    await received.opened;
    const closed = pubsub.close();
    answer.open();
    expect((await sent).delivered).toEqual(["eastus"]);
    await closed;
    await expect(pubsub.broadcast("late")).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  it("a stream that the application has begun, and requests that do not come by, hold up nothing", async () => {
    const begun = gate();
    const { app, pubsub, url, failures } = await startWith();
    app.get("/stream", (_req, res) => {
      res.write("first");
      begun.open();
    });
    const stream = request(`${url}/stream`)
      .on("error", () => {})
      .end();
    await begun.opened;
    await pubsub.close();
    expect(failures).toEqual([]);
    expect((await fetchAnswer(`${url}/before`)).body).toBe("not ours");
    stream.destroy();
  });

  it("a request whose client has gone holds up nothing", async () => {
    const asked = gate();
    const { app, pubsub, url, failures } = await startWith();
    app.get("/never", () => asked.open());
    const unanswered = request(`${url}/never`)
      .on("error", () => {})
      .end();
    await asked.opened;
    const closed = pubsub.close();
    unanswered.destroy();
    await closed;
    expect(failures).toEqual([]);
  });
});

describe("what is not done within drainInMs", () => {
  it("is cut off and told: whoever waits for an answer of the plugin gets one", async () => {
    const handled = gate();
    const { pubsub, event, failures } = await startWith(async () => {
      handled.open();
      await new Promise(() => {});
    });
    const underWay = event();
    await handled.opened;
    await pubsub.close({ drainInMs: 200 });
    expect(await underWay).toMatchObject(isClosed);
    expect(failures).toEqual([
      {
        part: "drain",
        error: expect.objectContaining({
          code: "ERR_DEADLINE_EXCEEDED",
          message: expect.stringContaining("1 requests and 0 operations were not done within 200"),
        }),
      },
    ]);
  });

  it("includes operations, whose callers are told, and which say nothing of an endpoint", async () => {
    const received = gate();
    const service = await startRawService(() => received.open());
    const pubsub = resilientPubSub({
      hub: "chat",
      endpoints: [{ name: "eastus", role: "primary", connectionString: service.connectionString }],
      negotiate: { allowAnonymous: true },
      health: { schedule: false },
    });
    const failures: string[] = [];
    pubsub.events.on("closeFailed", ({ part }) => void failures.push(part));
    await pubsub.ready();
    const told = expect(pubsub.broadcast("hi")).rejects.toMatchObject({
      code: "ERR_FAN_OUT_FAILED",
    });
    await received.opened;
    await pubsub.close({ drainInMs: 0 });
    await told;
    expect(failures).toEqual(["drain"]);
    expect(pubsub.endpoints.snapshot()).toMatchObject([{ state: "healthy" }]);
  });

  it("ends in steps: events are refused in the second half, what is under way is still finished", async () => {
    const handled = gate();
    const goOn = gate();
    const { pubsub, event } = await startWith(async (_, res) => {
      handled.open();
      await goOn.opened;
      await pubsub.broadcast("hi");
      res.success("done", "text");
    });
    const underWay = event();
    await handled.opened;
    const closed = pubsub.close({ drainInMs: 4000 });
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(await event()).toMatchObject(isClosed);
    goOn.open();
    expect(await underWay).toMatchObject({ status: 200, body: "done" });
    await closed;
  });
});

describe("close", () => {
  it("gives every caller the same promise, and can be called as often as one likes", async () => {
    const { pubsub, event, negotiate } = await startWith();
    const first = pubsub.close();
    expect([pubsub.close(), pubsub.close({ drainInMs: 1 })]).toEqual([first, first]);
    expect(pubsub.close()).toBe(first);
    await first;
    expect(pubsub.close()).toBe(first);
    expect(await event()).toMatchObject(isClosed);
    expect(await negotiate()).toMatchObject(isClosed);
  });

  it.each<[object, string]>([
    [{ drainInMs: -1 }, "drainInMs: got -1; give a whole number of milliseconds from 0"],
    [{ drainInMs: "10s" }, 'drainInMs: got "10s"'],
    [{ drain: 5 }, "drain: unknown option; the options here are drainInMs"],
    [null as unknown as object, "options: got null; give an object"],
  ])("refuses %p by name, and closes nothing then", async (options, message) => {
    const { pubsub, negotiate } = await startRegions();
    await expect(pubsub.close(options)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
    expect((await negotiate()).status).toBe(200);
  });

  it("answers the last requests so that their connections end, when the server is closed as well", async () => {
    const { app, pubsub, url } = await startWith();
    const asked = gate();
    const goOn = gate();
    app.get("/slow", async (_req, res) => {
      asked.open();
      await goOn.opened;
      res.end("done");
    });
    const slow = fetchAnswer(`${url}/slow`);
    await asked.opened;
    void pubsub.close();
    goOn.open();
    expect(Object.fromEntries((await slow).headers)).toMatchObject({ connection: "close" });
  });

  it("of the server alone has the plugin end the connections that are kept alive", async () => {
    const { app, url, negotiate } = await startWith();
    app.get("/close", (req, res) => {
      // What was under way before keeps its connection; the next request on it comes after the end.
      (req.socket as unknown as { server: Server }).server.close();
      res.end("closing");
    });
    expect((await negotiate()).headers.get("connection")).toBe("keep-alive");
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers = ["/close", "/negotiate?user=ada"].map(
      async (path) => (await get(`${url}${path}`, agent)).headers.connection,
    );
    expect((await Promise.all(answers)).at(-1)).toBe("close");
    agent.destroy();
  });
});

/** By an agent of the test's, which keeps one connection. */
function get(url: string, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => resolve(response.resume()))
      .on("error", reject)
      .end();
  });
}

/** A store that opens and agrees, and whose end is the test's. */
function storeThatEnds(close: unknown): CoordinationStore {
  let record: { text: string; version: string } | undefined;
  const connection = {
    readRecord: async () => record,
    replaceRecord: async (text: string) => {
      record = { text, version: "1" };
      return "1";
    },
    readObservations: async () => new Map(),
    writeObservation: async () => {},
    removeObservation: async () => {},
    close,
  } as unknown as StoreConnection;
  return { description: "a store of the test", open: async () => connection };
}

describe("a part that cannot be ended keeps no other part from ending:", () => {
  async function startWithStore(close: unknown) {
    const eastus = closeAfterTest(await startEmulator());
    const pubsub = resilientPubSub({
      hub: "chat",
      topology: "client-client",
      endpoints: [{ name: "eastus", role: "primary", connectionString: eastus.connectionString }],
      negotiate: { allowAnonymous: true },
      health: { schedule: "* * * * * *" },
      coordination: { store: storeThatEnds(close) },
    });
    const failures: string[] = [];
    pubsub.events.on("closeFailed", ({ part }) => void failures.push(part));
    await pubsub.ready();
    return { pubsub, failures };
  }

  it.each<[string, unknown]>([
    ["never answers", () => new Promise(() => {})],
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boom"))],
    ["does not exist", undefined],
  ])(
    "a store whose close %s",
    async (_, close) => {
      const { pubsub } = await startWithStore(close);
      await pubsub.close();
      const { lastProbe } = pubsub.endpoints.snapshot()[0] ?? {};
      await new Promise((resolve) => setTimeout(resolve, 1200));
      expect(pubsub.endpoints.snapshot()[0]?.lastProbe).toBe(lastProbe);
      await expect(pubsub.broadcast("late")).rejects.toMatchObject({ code: "ERR_CLOSED" });
    },
    20_000,
  );
});
