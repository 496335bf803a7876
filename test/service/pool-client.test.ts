import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import {
  createHttpHeaders,
  type PipelineRequestOptions,
  RestError,
} from "@azure/core-rest-pipeline";
import { startEmulator } from "express-resilient-pubsub/emulator";
import { EncodedBody } from "../../src/service/encoded-body.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { type RawRequest, startRawService } from "../support/raw-service.ts";
import { trust } from "../support/trust.ts";
import { endpointAt, failureOf, poolTo } from "./support/pool.ts";

afterEach(() => jest.restoreAllMocks());
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

it("of many requests at once each gets its own answer", async () => {
  const { url } = await startRawService((res, request) => res.end(String(request.body)));
  const send = poolTo(url);
  const bodies = Array.from({ length: 100 }, () => randomBytes(20).toString("hex"));
  const answers = await Promise.all(bodies.map((body) => send("/", { method: "POST", body })));
  expect(answers.map(({ bodyAsText }) => bodyAsText)).toEqual(bodies);
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
