import { fetchAnswer } from "../support/regions.ts";
import { PATH, setUp } from "./support/upstream-regions.ts";

describe("the validation handshake", () => {
  const validate = (url: string, origin: string | null, path = PATH) =>
    fetchAnswer(url + path, {
      method: "OPTIONS",
      headers: { "ce-awpsversion": "1.0", ...(origin && { "WebHook-Request-Origin": origin }) },
    });

  it("admits the hosts of the configured endpoints, in any case, one header line", async () => {
    const { url, eastus, westus } = await setUp();
    for (const { endpoint } of [eastus, westus]) {
      const { host } = new URL(endpoint);
      const { status, headers } = await validate(url, host.toUpperCase());
      expect(status).toBe(200);
      expect(headers.get("webhook-allowed-origin")).toBe(host);
    }
  });

  it("is recognised by the origin alone, and an origin may come without its port", async () => {
    const { url, post } = await setUp();
    const headers = { "WebHook-Request-Origin": "127.0.0.1" };
    const answer = await fetchAnswer(url + PATH, { method: "OPTIONS", headers });
    expect(answer.headers.get("webhook-allowed-origin")).toBe("127.0.0.1");
    expect((await post({ headers: { ...headers, "ce-awpsversion": null } })).status).toBe(200);
  });

  it("admits allowedOrigins, and of several origins those that it knows", async () => {
    const { url, eastus } = await setUp({ allowedOrigins: ["https://PubSub.example.com/"] });
    const { host } = new URL(eastus.endpoint);
    const { headers } = await validate(url, `evil.example, pubsub.example.com, ${host}`);
    expect(headers.get("webhook-allowed-origin")).toBe(`pubsub.example.com, ${host}`);
  });

  it.each([
    ["another host: 403", "evil.example", 403, "ERR_ORIGIN_NOT_ALLOWED"],
    ["a host that ends alike: 403", "evil127.0.0.1", 403, "ERR_ORIGIN_NOT_ALLOWED"],
    ["no origin: 400", null, 400, "ERR_MISSING_HEADER"],
  ])("refuses %s", async (_, origin, status, code) => {
    const { url } = await setUp();
    const answer = await validate(url, origin);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.headers.get("webhook-allowed-origin")).toBeNull();
  });

  it("leaves a browser's preflight to the application", async () => {
    const { url, app } = await setUp();
    app.options(PATH, (_req, res) => void res.status(204).set("x-own", "yes").end());
    const { headers } = await fetchAnswer(url + PATH, { method: "OPTIONS" });
    expect(headers.get("x-own")).toBe("yes");
  });

  it("works at a path of one's own and below it, where event names are put", async () => {
    const { url, eastus } = await setUp({ path: "/hooks/{hub}" });
    const { host } = new URL(eastus.endpoint);
    for (const path of ["/hooks/chat", "/hooks/chat/", "/hooks/chat/validate", "/HOOKS/chat/x"]) {
      expect((await validate(url, host, path)).status).toBe(200);
    }
    expect((await validate(url, host, "/hooks/chatter")).status).toBe(404);
  });
});
