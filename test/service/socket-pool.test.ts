import { Socket } from "node:net";
import { createPipelineRequest, type PipelineRequestOptions } from "@azure/core-rest-pipeline";
import * as undici from "undici";
import { DeadlineError } from "../../src/kit/deadline.ts";
import { callWithin } from "../../src/service/call-within.ts";
import { sendThrough } from "../../src/service/exchange.ts";
import { classifyFailure } from "../../src/service/failure.ts";
import { poolClient } from "../../src/service/pool-client.ts";
import { SocketPool, type WaitingCall } from "../../src/service/socket-pool.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startNat } from "../support/nat.ts";
import {
  accept,
  type RawRequest,
  type RawService,
  startRawService,
} from "../support/raw-service.ts";
import { until } from "../support/until.ts";
import { endpointAt, failureOf, startTcp } from "./support/pool.ts";

/** A service that answers when a test says so. */
async function startHeldService() {
  const held: (() => void)[] = [];
  let isOpen = false;
  const service = await startRawService((res, ...rest) => {
    const answer = () => accept(res, ...rest);
    if (isOpen) answer();
    else held.push(answer);
  });
  return {
    service,
    held,
    /** Answers what is held, and all that comes. */
    open: () => {
      isOpen = true;
      for (const answer of held.splice(0)) answer();
    },
  };
}

const pathsOf = ({ requests }: RawService) =>
  requests.map(({ url }) => /users\/(\w+)/.exec(url)?.[1]);

const named = (count: number, prefix = "u") =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

type Connect = (
  options: undici.buildConnector.Options,
  callback: undici.buildConnector.Callback,
) => unknown;

/** A pool that connects as a test says. */
function poolBy(connector: (connect: Connect) => Connect, origin: string, maxSockets = 4) {
  const buildConnector = (options?: undici.buildConnector.BuildOptions) =>
    connector(undici.buildConnector(options)) as undici.buildConnector.connector;
  const library = { Client: undici.Client, buildConnector };
  return closeAfterTest(new SocketPool(library, { name: "a", origin, maxSockets }));
}

/** A pool whose first connections are never made, as where packets are lost. */
function poolWithout(lost: number, origin = "http://127.0.0.1:9", maxSockets = 4): SocketPool {
  let attempts = 0;
  return poolBy(
    (connect) => (options, callback) => {
      attempts += 1;
      return attempts <= lost ? new Socket() : connect(options, callback);
    },
    origin,
    maxSockets,
  );
}

function senderBy(pool: SocketPool, origin: string) {
  const client = poolClient(sendThrough(Promise.resolve(pool)));
  return (path: string, options: Partial<PipelineRequestOptions> = {}) =>
    client.sendRequest(
      createPipelineRequest({ url: origin + path, allowInsecureConnection: true, ...options }),
    );
}

/** A call that is never sent, and what it was ended with. */
function scriptedCall(bytes: number): WaitingCall & { error: Error | undefined } {
  return {
    options: { path: "/", method: "GET" },
    bytes,
    isMessage: true,
    quietSince: Number.POSITIVE_INFINITY,
    error: undefined,
    isTooLate: () => false,
    abort(error) {
      this.error = error;
    },
    fail(error) {
      this.error = error;
    },
  };
}

const busy = { name: "BusyError", code: "ERR_BUSY" };

describe("calls beyond the bound of sockets", () => {
  it.each([1, 3])("wait in order, with %i sockets", async (maxSockets) => {
    const { service, open } = await startHeldService();
    const nat = closeAfterTest(await startNat(service.url));
    const { client } = endpointAt(nat.url, {}, maxSockets);
    const users = named(20);
    const sending = Promise.all(users.map((user) => client.sendToUser(user, "hi")));
    await until(() => service.requests.length === maxSockets);
    open();
    await sending;
    expect(nat.mostOpen).toBe(maxSockets);
    // Several sockets may overtake each other by one call.
    if (maxSockets === 1) expect(pathsOf(service)).toEqual(users);
    expect([...pathsOf(service)].sort()).toEqual([...users].sort());
  });

  it("fail at their deadline with an error that names endpoint, bound and remedy", async () => {
    const { service, open } = await startHeldService();
    const { client } = endpointAt(service.url, {}, 1);
    const first = client.sendToAll("first");
    await until(() => service.requests.length === 1);
    const error = await failureOf(
      callWithin(50, undefined, (abortSignal) => client.sendToAll("late", { abortSignal })),
    );
    expect(error).toMatchObject(busy);
    expect(error.message).toMatch(/of a .* 1 sockets.* service\.maxSocketsPerEndpoint/);
    expect(classifyFailure(error)).toMatchObject({ kind: "own-exhaustion", evidence: "none" });
    open();
    await first;
    await client.sendToAll("after");
    expect(service.requests.map(({ body }) => String(body))).toEqual(['"first"', '"after"']);
  });

  it.each<[string, number, number]>([
    ["10,000 of them", 10_000, 1],
    ["64 MiB of messages", 64, 1024 * 1024],
  ])("are refused at once when %s wait, and not before", (_, count, bytes) => {
    const pool = poolWithout(Number.POSITIVE_INFINITY);
    const calls = Array.from({ length: count + 1 }, () => scriptedCall(bytes));
    for (const call of calls) pool.send(call);
    expect(calls.flatMap(({ error }, index) => (error ? [index] : []))).toEqual([count]);
    expect(calls[count]?.error).toMatchObject(busy);
    // Whoever leaves makes room.
    pool.withdraw(calls[7] as WaitingCall);
    const next = scriptedCall(bytes);
    pool.send(next);
    expect(next.error).toBeUndefined();
  });

  it("include one that is larger than all that may wait, while nobody waits", () => {
    const pool = poolWithout(Number.POSITIVE_INFINITY);
    const call = scriptedCall(80 * 1024 * 1024);
    pool.send(call);
    expect(call.error).toBeUndefined();
  });
});

describe("calls that have waited for most of their time", () => {
  const timed = (
    send: ReturnType<typeof senderBy>,
    path: string,
    timeoutInMs: number,
  ): Promise<unknown> =>
    failureOf(callWithin(timeoutInMs, undefined, (abortSignal) => send(path, { abortSignal })));

  it("say nothing of the endpoint when they are sent and not answered in time", async () => {
    const { service, held } = await startHeldService();
    const send = senderBy(poolWithout(0, service.url, 1), service.url);
    const first = send("/first");
    await until(() => held.length === 1);
    const late = timed(send, "/late", 400);
    setTimeout(() => held[0]?.(), 300);
    await first;
    const error = await late;
    expect(service.requests).toHaveLength(2);
    expect(error).toMatchObject({ code: "ERR_DEADLINE_EXCEEDED" });
    expect(classifyFailure(error)).toMatchObject({ evidence: "none", isRetryable: false });
  });

  it("are not sent when answers take longer than they have left", async () => {
    const { service, held } = await startHeldService();
    const pool = poolWithout(0, service.url, 1);
    for (let times = 0; times < 50; times += 1)
      pool.learn({ sentAt: 0, answeredAt: 500, hasSucceeded: true, isMessage: true });
    const send = senderBy(pool, service.url);
    const first = send("/first");
    await until(() => held.length === 1);
    const late = timed(send, "/late", 400);
    setTimeout(() => held[0]?.(), 300);
    await first;
    expect(await late).toMatchObject(busy);
    expect(service.requests).toHaveLength(1);
  });
});

describe("connections that are never made", () => {
  it.each([0, 1, 5])(
    "hold up nobody as long as others are, and are given up with the calls: %i lost of 6",
    async (lost) => {
      const { service, open } = await startHeldService();
      open();
      const pool = poolWithout(lost, service.url, 6);
      const send = senderBy(pool, service.url);
      await Promise.all(named(30).map((user) => send(`/users/${user}`)));
      expect(service.requests).toHaveLength(30);
    },
  );

  it("fail calls at their deadlines, as no evidence; later ones are connected anew", async () => {
    const { service, open } = await startHeldService();
    open();
    const pool = poolWithout(4, service.url, 4);
    const send = senderBy(pool, service.url);
    const timed = (path: string) =>
      failureOf(callWithin(40, undefined, (abortSignal) => send(path, { abortSignal })));
    for (const error of await Promise.all(named(4).map(timed))) {
      expect(error).toMatchObject(busy);
      expect(error.message).toContain("none could be connected in time");
      expect(classifyFailure(error)).toMatchObject({ evidence: "none", isRetryable: false });
    }
    await send("/after");
    expect(service.requests.map(({ url }) => url)).toEqual(["/after"]);
  });

  it.each(["EMFILE", "EADDRNOTAVAIL"])(
    "for a want of our own (%s) fail no call while there is another socket",
    async (code) => {
      const { service, open } = await startHeldService();
      let attempts = 0;
      const pool = poolBy(
        (connect) => (options, callback) => {
          attempts += 1;
          if (attempts === 1) return connect(options, callback);
          const socket = new Socket();
          setImmediate(() => callback(Object.assign(new Error("none left"), { code }), null));
          return socket;
        },
        service.url,
      );
      const send = senderBy(pool, service.url);
      const first = send("/first");
      await until(() => service.requests.length === 1);
      const others = Promise.all(named(10).map((user) => send(`/users/${user}`)));
      await until(() => attempts > 1);
      open();
      await Promise.all([first, others]);
      expect(service.requests).toHaveLength(11);
    },
  );

  it("for such a want fail the calls when there is no socket at all", async () => {
    const pool = poolBy(
      () => (_, callback) => {
        setImmediate(() => callback(Object.assign(new Error("none"), { code: "EMFILE" }), null));
        return new Socket();
      },
      "http://127.0.0.1:9",
    );
    const send = senderBy(pool, "http://127.0.0.1:9");
    const errors = await Promise.all(named(10).map((user) => failureOf(send(`/${user}`))));
    for (const error of errors) {
      expect(classifyFailure(error)).toMatchObject({ kind: "own-exhaustion", evidence: "none" });
    }
  });
});

describe("sockets that hang", () => {
  it("are freed when their calls end, for calls that come later", async () => {
    const { service, open } = await startHeldService();
    const { client } = endpointAt(service.url, {}, 2);
    const hung = named(2).map((user) =>
      failureOf(
        callWithin(50, undefined, (abortSignal) => client.sendToUser(user, "x", { abortSignal })),
      ),
    );
    for (const error of await Promise.all(hung)) expect(error).toBeInstanceOf(DeadlineError);
    open();
    await client.sendToAll("after");
  });

  it("give way when the endpoint was out of use and is wanted again", async () => {
    const { service, open, held } = await startHeldService();
    const endpoint = endpointAt(service.url, {}, 2);
    const hung = named(2).map((user) => failureOf(endpoint.client.sendToUser(user, "x")));
    await until(() => held.length === 2);
    const waiting = failureOf(endpoint.client.sendToAll("waits"));
    endpoint.giveUp();
    expect(await waiting).toMatchObject(busy);
    held.splice(0);
    open();
    await endpoint.client.sendToAll("at once");
    expect(await Promise.race(hung)).toMatchObject({ code: "ERR_DEADLINE_EXCEEDED" });
  });

  it("are left to finish while nobody needs them, though the endpoint was out", async () => {
    const { service, open, held } = await startHeldService();
    const endpoint = endpointAt(service.url, {}, 2);
    const slow = endpoint.client.sendToAll("slow");
    await until(() => held.length === 1);
    endpoint.giveUp();
    open();
    await slow;
    await endpoint.client.sendToAll("after");
  });

  it("do not hold up what checks whether calls succeed", async () => {
    const { service, held } = await startHeldService();
    const endpoint = endpointAt(service.url, {}, 1);
    const hung = failureOf(endpoint.client.sendToAll("hangs"));
    await until(() => held.length === 1);
    const check = endpoint.checkClient.sendToAll("check");
    await until(() => held.length === 2);
    held[1]?.();
    await check;
    await endpoint.close();
    expect(await hung).toMatchObject({ code: "ERR_CLOSED" });
  });
});

describe("messages that are never answered, while others wait", () => {
  afterEach(() => jest.restoreAllMocks());

  const isPoison = ({ body }: RawRequest) => body.includes("poison");

  /** An endpoint that leaves some messages unanswered, and how often it was in question whether it answers any. */
  async function startPoisoned(options: {
    readonly hangs: (request: RawRequest) => boolean;
    readonly isChecked: boolean;
  }) {
    const service = await startRawService((res, request, count) => {
      if (!options.hangs(request)) accept(res, request, count);
    });
    const endpoint = endpointAt(service.url, {}, 4);
    let questions = 0;
    endpoint.onUnproven = () => {
      questions += 1;
      if (options.isChecked) void endpoint.checkClient.sendToAll("check").catch(() => {});
    };
    const gaveWay: Error[] = [];
    const send = (message: string) =>
      endpoint.client.sendToAll(message).catch((error) => {
        if (error.code === "ERR_DEADLINE_EXCEEDED") gaveWay.push(error);
      });
    const sendMany = (count: number) => {
      for (let index = 0; index < count; index += 1) void send("poison");
    };
    return { service, endpoint, send, sendMany, gaveWay, questions: () => questions };
  }

  it("give way and say so, all but those that nobody has to wait for", async () => {
    const { endpoint, sendMany, gaveWay } = await startPoisoned({
      hangs: isPoison,
      isChecked: true,
    });
    sendMany(20);
    await endpoint.client.sendToAll("good");
    // Of the twenty, three can stay besides the good one.
    expect(gaveWay.length).toBeGreaterThanOrEqual(17);
    expect(gaveWay[0]?.message).toMatch(/of a, .* gave way, .* 4 sockets .*maxSocketsPerEndpoint/);
    expect(classifyFailure(gaveWay[0])).toMatchObject({ kind: "deadline", isRetryable: false });
  });

  it("keep their time if the endpoint answers nobody", async () => {
    const everything = () => true;
    const world = await startPoisoned({ hangs: everything, isChecked: true });
    world.sendMany(10);
    await until(() => world.questions() > 5);
    expect(world.gaveWay).toEqual([]);
    expect(world.service.requests.filter(isPoison)).toHaveLength(4);
  });

  it("keep it as long as nobody knows whether the endpoint answers", async () => {
    const world = await startPoisoned({ hangs: isPoison, isChecked: false });
    world.sendMany(10);
    await until(() => world.questions() > 5);
    expect(world.gaveWay).toEqual([]);
  });

  it("keep it as long as there is another socket", async () => {
    const world = await startPoisoned({ hangs: isPoison, isChecked: true });
    world.sendMany(3);
    await until(() => world.service.requests.length === 3);
    const startedAt = performance.now();
    await until(async () => {
      await world.endpoint.client.sendToAll("good");
      return performance.now() - startedAt > 200;
    });
    expect(world.gaveWay).toEqual([]);
    expect(world.questions()).toBe(0);
  });

  it.each<[string, string | Uint8Array, number, (socket: Socket) => void]>([
    [
      "one that is being uploaded, however slowly",
      new Uint8Array(32 * 1024 * 1024),
      // More than such a message is ever given for its size alone.
      3_600_000,
      (socket) => socket.pause(),
    ],
    [
      "one whose answer is coming, however slowly",
      "first",
      0,
      (socket) => {
        socket.write("HTTP/1.1 202 Accepted\r\nContent-Length: 1000000\r\n\r\n");
        const timer = setInterval(() => socket.write("x"), 10);
        socket.on("close", () => clearInterval(timer));
      },
    ],
  ])("leave alone %s", async (_, body, laterInMs, treat) => {
    const sockets: Socket[] = [];
    const answer = (socket?: Socket) =>
      socket?.write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    const url = await startTcp((socket) => {
      const index = sockets.push(socket) - 1;
      if (index === 0) return treat(socket);
      // Three hang; who comes after them is answered.
      socket.on("data", () => index > 3 && answer(socket));
    });
    const pool = closeAfterTest(
      new SocketPool(undici, {
        name: "a",
        origin: url,
        maxSockets: 4,
        onUnproven: () => {
          const sentAt = performance.now();
          pool.learn({ sentAt, answeredAt: sentAt, hasSucceeded: true, isMessage: true });
        },
      }),
    );
    const send = senderBy(pool, url);
    let isEnded = false;
    void failureOf(send("/:send", { method: "POST", body })).finally(() => {
      isEnded = true;
    });
    await until(() => sockets.length === 1);
    const hung = Array.from({ length: 3 }, () => failureOf(send("/:send", { method: "POST" })));
    await until(() => sockets.length === 4);
    const now = performance.now.bind(performance);
    jest.spyOn(performance, "now").mockImplementation(() => now() + laterInMs);
    await send("/:send", { method: "POST" });
    expect(await Promise.race(hung)).toMatchObject({ code: "ERR_DEADLINE_EXCEEDED" });
    expect(isEnded).toBe(false);
  });
});

describe("a socket that the service has closed", () => {
  it("while it was idle costs no call", async () => {
    const sockets = new Set<Socket>();
    const service = await startRawService(accept);
    const nat = closeAfterTest(await startNat(service.url));
    nat.onSocket = (socket) => sockets.add(socket);
    const { client } = endpointAt(nat.url, {}, 4);
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(named(4).map((user) => client.sendToUser(user, "x")));
      for (const socket of sockets) socket.end();
      sockets.clear();
      // As soon as this process can know.
      await until(() => nat.open === 0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(service.requests).toHaveLength(80);
  });

  it("is replaced, when each answer closes its own", async () => {
    const { url } = await startRawService((res) => {
      res.writeHead(202, { "Content-Length": 0, Connection: "close" }).end();
    });
    const { client } = endpointAt(url, {}, 2);
    await Promise.all(named(30).map((user) => client.sendToUser(user, "x")));
  });
});

it("where nobody listens each call that waits is told, and none waits for long", async () => {
  const { client } = endpointAt("http://127.0.0.1:1", {}, 2);
  const errors = await Promise.all(
    named(50).map((user) => failureOf(client.sendToUser(user, "x"))),
  );
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["ECONNREFUSED"]));
});
