import { createEndpoint } from "../../src/endpoints/endpoint.ts";
import { tokenOf } from "../../src/negotiate/client-token.ts";
import { parseEndpoint } from "../../src/options.ts";

describe("clients are told", () => {
  it.each<[string, string, string | undefined, string]>([
    ["the instance's host", "https://a.example", undefined, "wss://a.example/client/hubs/chat"],
    ["its port", "http://127.0.0.1:8080", undefined, "ws://127.0.0.1:8080/client/hubs/chat"],
    [
      "a front door by wss",
      "https://a.example",
      "wss://f.example",
      "wss://f.example/client/hubs/chat",
    ],
    ["a front door", "https://a.example", "https://f.example", "wss://f.example/client/hubs/chat"],
    [
      "a front door's default port",
      "https://a.example:8443",
      "https://f.example",
      "wss://f.example/client/hubs/chat",
    ],
    [
      "a front door's own port",
      "https://a.example",
      "http://localhost:9000",
      "ws://localhost:9000/client/hubs/chat",
    ],
  ])("%s", async (_, url, clientEndpoint, expected) => {
    const connectionString = `Endpoint=${url};AccessKey=k`;
    const config = parseEndpoint({ name: "a", role: "primary", connectionString, clientEndpoint });
    const endpoint = createEndpoint(config, "chat");
    const answer = new URL((await tokenOf(endpoint, {}, 1000)).url);
    expect(`${answer.origin === "null" ? "" : answer.origin}${answer.pathname}`).toBe(expected);
    const token = answer.searchParams.get("access_token") ?? "";
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims.aud).toBe(`${url}/client/hubs/chat`);
  });
});
