import { connect } from "node:net";
import { digest, type EventRequest, eventRequest } from "../support/upstream-request.ts";
import { PATH, setUp } from "./support/upstream-regions.ts";

describe("an event is refused, and no handler called, when", () => {
  const other = digest("another key", "connection-1");
  it.each<[string, EventRequest, number, string]>([
    ["it has no signature", { headers: { "ce-signature": null } }, 401, "ERR_INVALID_SIGNATURE"],
    [
      "it is signed with another key",
      { headers: { "ce-signature": `sha256=${other}` } },
      401,
      "ERR_INVALID_SIGNATURE",
    ],
    [
      "the signature is of another connection",
      { headers: { "ce-connectionId": "connection-2" } },
      401,
      "ERR_INVALID_SIGNATURE",
    ],
    [
      "the signature is nonsense",
      { headers: { "ce-signature": "sha256=xyz,,sha256=,;=" } },
      401,
      "ERR_INVALID_SIGNATURE",
    ],
    [
      "it comes from an unknown host",
      { headers: { "WebHook-Request-Origin": "evil.example" } },
      403,
      "ERR_ORIGIN_NOT_ALLOWED",
    ],
    [
      "it names no origin",
      { headers: { "WebHook-Request-Origin": null } },
      400,
      "ERR_MISSING_HEADER",
    ],
    ["it has no type", { headers: { "ce-type": null } }, 400, "ERR_MISSING_HEADER"],
    [
      "it has no connection id",
      { headers: { "ce-connectionId": null } },
      400,
      "ERR_MISSING_HEADER",
    ],
    ["it is for another hub", { headers: { "ce-hub": "news" } }, 404, "ERR_UNKNOWN_HUB"],
    ["it names no hub", { headers: { "ce-hub": null } }, 404, "ERR_UNKNOWN_HUB"],
    [
      "its type is unknown",
      { type: "sys.exploded", contentType: "application/json", body: "{}" },
      415,
      "ERR_UNSUPPORTED_EVENT",
    ],
    ["its content type is unknown", { contentType: "image/png" }, 415, "ERR_UNSUPPORTED_EVENT"],
    [
      "its JSON is malformed",
      { contentType: "application/json", body: '{"a":' },
      400,
      "ERR_MALFORMED_BODY",
    ],
    ...["", "null", "[]", "7", "{"].map((body): [string, EventRequest, number, string] => [
      `a system event's body is ${JSON.stringify(body)}`,
      { type: "sys.connect", contentType: "application/json", body },
      400,
      "ERR_MALFORMED_BODY",
    ]),
    [
      "its body is larger than the service's limit",
      { body: "x".repeat(1024 * 1024 + 1) },
      413,
      "ERR_BODY_TOO_LARGE",
    ],
    [
      "its body claims to be compressed and is not",
      { headers: { "Content-Encoding": "gzip" } },
      400,
      "ERR_MALFORMED_BODY",
    ],
    [
      "its body is compressed in an unknown way",
      { headers: { "Content-Encoding": "zstandard" } },
      415,
      "ERR_MALFORMED_BODY",
    ],
  ])("%s", async (_, event, status, code) => {
    const { post, calls, errors } = await setUp({ handleConnect: (_req, res) => res.success() });
    const { headers, body, ...answer } = await post(event);
    expect({ ...answer, code: body.code }).toEqual({ status, code });
    expect(headers.get("content-type")).toMatch("application/problem+json");
    expect(JSON.stringify(body)).not.toMatch(/another key|evil/);
    // The connection is not wedged: the next event is handled.
    expect((await post()).status).toBe(200);
    expect(calls).toEqual(["hello"]);
    expect(errors).toEqual([]);
  });

  it.each([
    ["is cut off before it is read", "Content-Length: 100", "half", 20],
    ["is cut off while it is read", "Content-Length: 100", "half", 0],
    ["has a broken chunk", "Transfer-Encoding: chunked", "zz\r\n", 20],
  ])("an event is refused when its body %s", async (_, framing, body, authorizedInMs) => {
    const { url, eastus, calls, post } = await setUp({
      authorize: () => new Promise((resolve) => setTimeout(resolve, authorizedInMs, true)),
    });
    const headers = (eventRequest(eastus, {}).headers as [string, string][]).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => {});
    const lines = [`POST ${PATH} HTTP/1.1`, "Host: a", framing, ...headers, "", body];
    socket.write(lines.join("\r\n"), () => setTimeout(() => socket.destroy(), 5));
    await new Promise((resolve) => socket.on("close", resolve));
    expect((await post({ body: "next" })).status).toBe(200);
    expect(calls).toEqual(["next"]);
  });

  it("an event for a path that no hub is mounted at is refused", async () => {
    const { post, eastus } = await setUp();
    expect((await post({}, eastus, "/api/webpubsub/hubs/news/")).status).toBe(404);
  });
});
