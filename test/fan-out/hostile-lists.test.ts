import type { ServerResponse } from "node:http";
import type { FanOutError } from "express-resilient-pubsub";
import { nextPageOf } from "../../src/fan-out/listing.ts";
import { type RawRequest, startPlugin, startRawService } from "../support/raw-service.ts";

const json = (res: ServerResponse, body: unknown): void => {
  res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
};

/** Lists a group whose endpoint answers so; the first hundred members, and the error at the end. */
async function list(
  answer: (res: ServerResponse, request: RawRequest, count: number) => void,
  options: object = {},
) {
  const service = await startRawService(answer);
  const pubsub = await startPlugin({ eastus: service }, { fanOut: { timeoutInMs: 2000 } });
  const members: string[] = [];
  let error: FanOutError | undefined;
  try {
    for await (const { connectionId } of pubsub.group("news").listConnections(options)) {
      members.push(connectionId);
      if (members.length === 100) break;
    }
  } catch (thrown) {
    error = thrown as FanOutError;
  }
  const [snapshot] = pubsub.endpoints.snapshot();
  return { members, error, requests: service.requests, state: snapshot?.state };
}

const unexpected = {
  code: "ERR_FAN_OUT_FAILED",
  cause: { code: "ERR_UNEXPECTED_ANSWER", statusCode: 200 },
};

const deep = (depth: number): unknown =>
  Array.from({ length: depth }).reduce((inner) => [inner], 1);

describe("a list that the service does not answer with is an error with a code:", () => {
  it.each<[string, string, string]>([
    ["null", "application/json", "null"],
    ["a number", "application/json", "7"],
    ["a text", "application/json", '"list"'],
    ["an array", "application/json", "[]"],
    ["an object without a list", "application/json", "{}"],
    ["a list that is null", "application/json", '{"value":null}'],
    ["a list that is a text", "application/json", '{"value":"abc"}'],
    ["a list that is an object", "application/json", '{"value":{"length":1}}'],
    ["a member that is null", "application/json", '{"value":[null]}'],
    ["a member that is a number", "application/json", '{"value":[7]}'],
    ["a member without an id", "application/json", '{"value":[{}]}'],
    ["an id that is a number", "application/json", '{"value":[{"connectionId":7}]}'],
    ["an id that is an object", "application/json", '{"value":[{"connectionId":{"a":1}}]}'],
    ["an empty id", "application/json", '{"value":[{"connectionId":""}]}'],
    ["an endless id", "application/json", `{"value":[{"connectionId":"${"x".repeat(100_000)}"}]}`],
    ["a user that is a list", "application/json", '{"value":[{"connectionId":"a","userId":[]}]}'],
    ["what is nested deeply", "application/json", JSON.stringify({ value: deep(2000) })],
    ["half of JSON", "application/json", '{"value":['],
    ["nothing", "application/json", ""],
    ["a page", "text/html", "<html>sign in</html>"],
    ["a page called JSON", "application/json", "<html>sign in</html>"],
    ["bytes", "application/octet-stream", "\0\u0001"],
  ])("%s", async (_, contentType, body) => {
    const { error, members, state } = await list((res) => {
      res.writeHead(200, { "Content-Type": contentType }).end(body);
    });
    expect(error).toMatchObject(unexpected);
    expect(String(error?.cause)).not.toContain("sign in");
    expect(members).toEqual([]);
    expect(state).toBe("healthy");
  });

  it("more than any page has", async () => {
    const { error } = await list((res) => {
      res.writeHead(200, { "Content-Type": "application/json" });
      res.end(`{"value":[${" ".repeat(5 * 1024 * 1024)}]}`);
    });
    expect(error).toMatchObject({
      code: "ERR_FAN_OUT_FAILED",
      cause: { code: "UND_ERR_RES_EXCEEDED_MAX_SIZE" },
    });
  });
});

describe("a next page that is not at the place of the page is never asked for:", () => {
  it.each<[string, unknown]>([
    ["another host", "https://elsewhere.example/api/hubs/chat/groups/news/connections?x=1"],
    ["a host without a scheme", "//elsewhere.example/api/hubs/chat/groups/news/connections"],
    ["where clients connect", "/client/hubs/chat"],
    ["an operation", "/api/hubs/chat/:closeConnections?api-version=2024-12-01"],
    ["another group", "/api/hubs/chat/groups/secret/connections"],
    ["another hub", "/api/hubs/other/groups/news/connections"],
    ["a way around", "/api/hubs/chat/groups/news/connections/../../secret/connections"],
    ["an encoded way around", "/api/hubs/chat/groups/news/connections/%2e%2e/x"],
    ["a longer path", "/api/hubs/chat/groups/news/connections/"],
    ["another scheme", "ftp://x"],
    ["no URL", "http://[:::"],
    ["a number", 7],
    ["an object", { href: "/x" }],
    ["a list", ["/x"]],
    ["true", true],
    ["more than a URL has room for", `?x=${"x".repeat(10_000)}`],
  ])("%s", async (_, nextLink) => {
    const { error, requests } = await list((res) =>
      json(res, { value: [{ connectionId: "a" }], nextLink }),
    );
    expect(error).toMatchObject(unexpected);
    expect(requests).toHaveLength(1);
  });

  it.each<[string, string, string | undefined]>([
    ["an absolute one", "https://a.example/api/hubs/c/groups/g%20h/connections?t=2", "?t=2"],
    ["one that is relative to the host", "/api/hubs/c/groups/g%20h/connections?t=2", "?t=2"],
    ["one that is a query", "?t=2", "?t=2"],
    ["a group that is encoded otherwise", "/api/hubs/c/groups/%67%20h/connections?t=2", "?t=2"],
    ["a hub in other letters", "/api/hubs/C/groups/g%20h/connections?t=2", "?t=2"],
    ["an empty one, which is none", "", undefined],
  ])("but %s is taken", (_, link, query) => {
    const page = "https://a.example/api/hubs/c/groups/g%20h/connections?t=1";
    const expected = query && page.replace("?t=1", query);
    expect(nextPageOf(page, link)).toBe(expected);
  });
});

describe("pages without an end", () => {
  it.each<[string, (request: RawRequest, count: number) => string]>([
    ["that lead to themselves", ({ url }) => url],
    ["of which two lead to each other", (_, count) => `?t=${count % 2}`],
    [
      "of which the third leads to the first",
      ({ url }, count) => (count < 3 ? `?t=${count}` : url),
    ],
  ])("%s end with an error", async (_, linkOf) => {
    const { error, requests } = await list((res, request, count) =>
      json(res, { value: [{ connectionId: `c${count}` }], nextLink: linkOf(request, count) }),
    );
    expect(error).toMatchObject(unexpected);
    expect(requests.length).toBeLessThanOrEqual(4);
    expect(new Set(requests.map(({ url }) => url)).size).toBe(requests.length);
  });

  it("that list nothing end with the deadline of one", async () => {
    const { error } = await list(
      (res, _, count) =>
        void setTimeout(() => json(res, { value: [], nextLink: `?t=${count}` }), 30),
      { timeoutInMs: 200 },
    );
    expect(error).toMatchObject({
      code: "ERR_FAN_OUT_FAILED",
      cause: { code: "ERR_DEADLINE_EXCEEDED" },
    });
  });

  it("that list something are read for as long as anybody wants them", async () => {
    const { members, error, requests } = await list((res, _, count) =>
      json(res, { value: [{ connectionId: `c${count}` }], nextLink: `?t=${count}` }),
    );
    expect(error).toBeUndefined();
    expect(members).toHaveLength(100);
    expect(requests.length).toBeLessThanOrEqual(102);
  });
});
