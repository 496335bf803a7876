import { randomBytes } from "node:crypto";
import { getEventListeners, once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { inspect } from "node:util";
import {
  createHttpHeaders,
  createPipelineRequest,
  type PipelineRequestOptions,
  RestError,
} from "@azure/core-rest-pipeline";
import { startEmulator } from "express-resilient-pubsub/emulator";
import { Pool } from "undici";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { EncodedBody } from "../../src/service/encoded-body.ts";
import { createEndpoint, type Endpoint } from "../../src/service/endpoint.ts";
import { poolClient } from "../../src/service/pool-client.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { type RawRequest, startRawService } from "../support/raw-service.ts";
import { trust } from "../support/trust.ts";
import { until } from "../support/until.ts";

afterEach(() => jest.restoreAllMocks());

const key = "the-key-of-a-raw-service";

/** A pool to the server, and how to send through it. */
function poolTo(url: string, options: Pool.Options = {}) {
  const pool = new Pool(url, options);
  closeAfterTest({ close: () => pool.destroy() });
  const client = poolClient(Promise.resolve(pool));
  return (path: string, request: Partial<PipelineRequestOptions> = {}) =>
    client.sendRequest(
      createPipelineRequest({ url: url + path, allowInsecureConnection: true, ...request }),
    );
}

function endpointAt(url: string, options: object = {}): Endpoint {
  const connectionString = `Endpoint=${url};AccessKey=${key}`;
  const config = parseEndpoint({ name: "a", role: "primary", connectionString, ...options });
  return closeAfterTest(createEndpoint(config, "chat"));
}

async function failureOf(promise: Promise<unknown>): Promise<RestError> {
  return promise.then(
    () => Promise.reject(new Error("it resolved")),
    (error) => error,
  );
}

/** A server below HTTP, which does with each connection what the test says. */
async function startTcp(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closeAfterTest({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a request arrives as the SDK made it:", () => {
  it("its method, its path and query untouched, and its headers", async () => {
    const { url, requests } = await startRawService();
    const path = "/api/hubs/chat/users/a%2Fb%20%E2%82%AC/:send?filter=a%20eq%20'b'&x=1&x=2";
    await poolTo(url)(path, {
      method: "DELETE",
      headers: createHttpHeaders({ "X-Mine": "1", Accept: "application/json" }),
      requestId: "the-id",
    });
    expect(requests).toMatchObject([
      {
        method: "DELETE",
        url: path,
        headers: {
          host: new URL(url).host,
          "x-mine": "1",
          accept: "application/json",
          "user-agent": "express-resilient-pubsub",
          "x-ms-client-request-id": "the-id",
        },
      },
    ]);
    expect(requests[0]?.headers).not.toHaveProperty("content-type");
    expect(requests[0]?.headers).not.toHaveProperty("accept-encoding");
  });

  it.each<[string, PipelineRequestOptions["body"], string]>([
    ["no body", undefined, ""],
    ["an empty text", "", ""],
    ["a text", "ünï", "ünï"],
    ["bytes", Buffer.from("bytes"), "bytes"],
    ["no bytes", new Uint8Array(0), ""],
    ["a view of bytes", new Uint8Array(Buffer.from("-view-")).subarray(1, 5), "view"],
    ["1 MB", Buffer.alloc(1024 * 1024, "x"), "x".repeat(1024 * 1024)],
  ])("with %s", async (_, body, expected) => {
    const { url, requests } = await startRawService();
    const response = await poolTo(url)("/", {
      method: "POST",
      ...(body !== undefined && { body }),
    });
    expect(response.status).toBe(202);
    expect(requests).toHaveLength(1);
    expect(String(requests[0]?.body) === expected).toBe(true);
    expect(requests[0]?.headers["content-length"]).toBe(String(Buffer.byteLength(expected)));
    expect(requests[0]?.headers).not.toHaveProperty("transfer-encoding");
  });

  it.each(["text/plain", "application/json", "application/octet-stream"])(
    "with an encoded body, which says itself that it is %s",
    async (contentType) => {
      const { url, requests } = await startRawService();
      const bytes = Buffer.from("-body-").subarray(1, 5);
      await poolTo(url)("/", {
        method: "POST",
        body: new EncodedBody(bytes, contentType),
        headers: createHttpHeaders({ "Content-Type": "application/octet-stream" }),
      });
      expect(requests[0]?.headers["content-type"]).toBe(contentType);
      expect(String(requests[0]?.body)).toBe("body");
    },
  );
});

describe("a response comes back as it is:", () => {
  const send = async (answer: (res: ServerResponse) => void, method: "GET" | "HEAD" = "GET") => {
    const { url } = await startRawService(answer);
    return poolTo(url)("/", { method });
  };

  it.each<[string, number, string | undefined]>([
    ["with a body", 200, '{"a":"€"}'],
    ["with an empty one", 200, ""],
    ["without one", 204, undefined],
    ["a redirection, which is not followed", 307, "elsewhere"],
    ["a refusal", 404, "no"],
    ["a failure", 503, "later"],
  ])("%s", async (_, status, body) => {
    const response = await send((res) => void res.writeHead(status, { Location: "/x" }).end(body));
    expect(response).toMatchObject({ status, bodyAsText: body ?? "" });
    expect(response.headers.get("location")).toBe("/x");
  });

  it("of 1 MB, in pieces in the middle of characters", async () => {
    const text = "ü€🙂".repeat(120_000);
    const bytes = Buffer.from(text);
    const response = await send((res) => {
      for (let at = 0; at < bytes.length; at += 9973) res.write(bytes.subarray(at, at + 9973));
      res.end();
    });
    expect(response.bodyAsText === text).toBe(true);
  });

  it("to a HEAD, with the length of what is not there", async () => {
    const response = await send(
      (res) => void res.writeHead(200, { "Content-Length": 7 }).end(),
      "HEAD",
    );
    expect(response).toMatchObject({ status: 200, bodyAsText: "" });
  });

  it("with headers that come several times, and in any case", async () => {
    const { headers } = await send((res) => {
      res.writeHead(200, [
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
        ["RETRY-After", "1"],
      ] as never);
      res.end();
    });
    expect(headers.get("set-cookie")).toBe("a=1,b=2");
    expect(headers.get("Retry-After")).toBe("1");
  });

  it("after early hints, which are no answer", async () => {
    const { status, headers } = await send((res) => {
      res.writeEarlyHints({ link: "</x>; rel=preload" });
      setTimeout(() => res.writeHead(202, { "X-Real": "1" }).end(), 10);
    });
    expect(status).toBe(202);
    expect(headers.get("x-real")).toBe("1");
  });

  it("over TLS, from a host that is trusted", async () => {
    const emulator = closeAfterTest(await startEmulator({ tls: true }));
    trust(emulator.certificate);
    const response = await poolTo(emulator.endpoint)("/api/health", { method: "HEAD" });
    expect(response.status).toBe(200);
  });
});

describe("through the SDK, an answer that is a failure", () => {
  it.each([400, 401, 403, 404, 409, 413, 429, 500, 502, 503])(
    "is a RestError with status and details: %i",
    async (status) => {
      const { url } = await startRawService((res) => {
        res.writeHead(status, { "Content-Type": "application/json", "x-ms-error-code": "E" });
        res.end('{"code":"E","message":"because"}');
      });
      const error = await failureOf(endpointAt(url).client.sendToAll("hi"));
      expect(error).toBeInstanceOf(RestError);
      expect(error).toMatchObject({ name: "RestError", statusCode: status });
      expect(error.details).toMatchObject({ code: "E", message: "because" });
    },
  );
});

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
    const send = poolTo(url, { connections: 1, pipelining: 1 });
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

it("of many requests at once each gets its own answer", async () => {
  const { url } = await startRawService((res, request) => res.end(String(request.body)));
  const send = poolTo(url);
  const bodies = Array.from({ length: 100 }, () => randomBytes(20).toString("hex"));
  const answers = await Promise.all(bodies.map((body) => send("/", { method: "POST", body })));
  expect(answers.map(({ bodyAsText }) => bodyAsText)).toEqual(bodies);
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

it("requests go to the reverse proxy, and are signed for the instance", async () => {
  const proxy = await startRawService();
  const { client } = endpointAt("https://instance.example", { reverseProxyEndpoint: proxy.url });
  await client.sendToAll("hi");
  const [request] = proxy.requests as [RawRequest];
  const payload = request.headers.authorization?.split(".")[1] ?? "";
  const { aud } = JSON.parse(Buffer.from(payload, "base64url").toString());
  expect(aud).toBe(`https://instance.example${request.url}`);
  expect(request.headers.host).toBe(new URL(proxy.url).host);
});
