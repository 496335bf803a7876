import { getEventListeners, once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { RestError } from "@azure/core-rest-pipeline";
import { startEmulator } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { startRawService } from "../support/raw-service.ts";
import { until } from "../support/until.ts";
import { endpointAt, failureOf, key, poolTo, startTcp } from "./support/pool.ts";

describe("a failure of the network is a RestError with the code of the system:", () => {
  const freePort = async (): Promise<number> => {
    const server = createTcpServer().listen(0);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  };

  it.each(["127.0.0.1", "localhost"])("nobody listens at %s", async (host) => {
    const error = await failureOf(poolTo(`http://${host}:${await freePort()}`)("/"));
    expect(error).toBeInstanceOf(RestError);
    expect(error.code).toBe("ECONNREFUSED");
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("there is no such host", async () => {
    const error = await failureOf(poolTo("http://no-such-host.invalid")("/"));
    expect(error.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it("the certificate is not trusted", async () => {
    const emulator = closeAfterTest(await startEmulator({ tls: true }));
    const error = await failureOf(poolTo(emulator.endpoint)("/api/health"));
    expect(error).toBeInstanceOf(RestError);
    expect(error.code).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["the connection ends before the answer", (socket) => socket.once("data", () => socket.end())],
    [
      "it is reset before the answer",
      (socket) => socket.once("data", () => socket.resetAndDestroy()),
    ],
    [
      "it ends in the middle of the headers",
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-")),
    ],
    [
      "it ends in the middle of the body",
      (socket) =>
        socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
    ],
    [
      "it is reset in the middle of the body",
      (socket) =>
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
          setTimeout(() => socket.resetAndDestroy(), 20);
        }),
    ],
    [
      "it ends in the middle of a chunk",
      (socket) =>
        socket.once("data", () =>
          socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"),
        ),
    ],
    ["the answer is no HTTP", (socket) => socket.once("data", () => socket.end("SSH-2.0\r\n"))],
  ])("%s", async (_, onConnection) => {
    let connections = 0;
    const url = await startTcp((socket) => {
      connections += 1;
      onConnection(socket);
    });
    const error = await failureOf(poolTo(url)("/", { method: "POST", body: "hi" }));
    expect(error).toBeInstanceOf(RestError);
    expect(error.code).toMatch(/^[A-Z_]+$/);
    expect(error.statusCode).toBeUndefined();
    expect(connections).toBe(1);
  });
});

describe("a signal ends a request,", () => {
  const aborted = { name: "AbortError" };

  it("a signal that is aborted before a request is sent ends it", async () => {
    const { url, requests } = await startRawService();
    const abortSignal = AbortSignal.abort();
    await expect(poolTo(url)("/", { abortSignal })).rejects.toMatchObject(aborted);
    await poolTo(url)("/after");
    expect(requests.map((request) => request.url)).toEqual(["/after"]);
  });

  it("while it waits for a connection, and it is not sent when there is one", async () => {
    const answers: (() => void)[] = [];
    const { url, requests } = await startRawService((res) => {
      answers.push(() => res.writeHead(202).end());
    });
    const send = poolTo(url, 1);
    const first = send("/first");
    const controller = new AbortController();
    const queued = failureOf(send("/queued", { abortSignal: controller.signal }));
    const third = send("/third");
    await until(() => answers.length === 1);
    controller.abort();
    expect(await queued).toMatchObject(aborted);
    answers[0]?.();
    await first;
    await until(() => answers.length === 2);
    answers[1]?.();
    expect((await third).status).toBe(202);
    expect(requests.map((request) => request.url)).toEqual(["/first", "/third"]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it.each<[string, (res: ServerResponse) => void]>([
    ["while it waits for the answer", () => {}],
    [
      "in the middle of the body",
      (res) => void res.writeHead(200, { "Content-Length": 9 }).write("x"),
    ],
  ])("%s, and its connection with it", async (_, answer) => {
    let isClosed = false;
    const { url, requests } = await startRawService((res, { url }) => {
      if (url === "/after") return void res.end();
      res.on("close", () => {
        isClosed = true;
      });
      answer(res);
    });
    const send = poolTo(url);
    const controller = new AbortController();
    const failing = failureOf(send("/", { abortSignal: controller.signal }));
    await until(() => requests.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect(await failing).toMatchObject(aborted);
    await until(() => isClosed);
    expect((await send("/after")).status).toBe(200);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("the signal of a request is not listened to after an answer or a failure", async () => {
    const { url } = await startRawService();
    const { signal } = new AbortController();
    await poolTo(url)("/", { abortSignal: signal });
    const refused = await startTcp((socket) => socket.destroy());
    await failureOf(poolTo(refused)("/", { abortSignal: signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("no error shows a key or a token:", () => {
  it.each<[string, () => Promise<string>]>([
    [
      "a refusal",
      async () => (await startRawService((res) => void res.writeHead(401).end("no"))).url,
    ],
    [
      "a refusal that repeats the request",
      async () =>
        (
          await startRawService((res, { headers }) => {
            res.writeHead(400, { "Content-Type": "text/plain", "x-seen": "1" });
            res.end(`got ${Object.keys(headers)}`);
          })
        ).url,
    ],
    ["a connection that is refused", async () => "http://127.0.0.1:1"],
    [
      "a connection that ends",
      () => startTcp((socket) => socket.once("data", () => socket.destroy())),
    ],
    [
      "an answer that is no HTTP",
      () => startTcp((socket) => socket.once("data", () => socket.end("x\r\n"))),
    ],
  ])("%s", async (_, start) => {
    const { client } = endpointAt(await start());
    for (const run of [
      () => client.sendToAll("hi"),
      () => client.group("g").addUser("ada"),
      () => client.userExists("ada"),
    ]) {
      const error = await failureOf(run());
      for (const text of [
        inspect(error, { depth: 12 }),
        inspect(error, { depth: 12, showHidden: false, getters: true }),
        inspect({ error }, { depth: 12 }),
        JSON.stringify(error),
        String(error),
        error.stack ?? "",
      ]) {
        expect(text).not.toContain(key);
        expect(text).not.toMatch(/eyJ|Bearer/);
      }
    }
  });
});
