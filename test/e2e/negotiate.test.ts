import type { Express } from "express";
import { useClientPage } from "./support.ts";

jest.setTimeout(60_000);

const open = useClientPage();
const hasty = { reconnectRetryOptions: { retryDelayInMs: 1 } };

/** A route that gives bad answers so many times, and then those of negotiate. */
function badRoute(times: number, status: number, headers: Record<string, string>, body: string) {
  const route = {
    asked: 0,
    serve: (app: Express) => {
      app.get("/bad", (req, res, next) => {
        route.asked += 1;
        if (route.asked <= times) return void res.status(status).set(headers).send(body);
        req.url = "/negotiate";
        next();
      });
    },
  };
  return route;
}

describe("the client in Chromium, when negotiate answers", () => {
  it.each([401, 403])("%d, stops and does not ask again", async (status) => {
    const route = badRoute(Number.POSITIVE_INFINITY, status, {}, "");
    const { page } = await open(route.serve);

    expect(await page.begin(hasty, "/bad")).toBe("ERR_NEGOTIATE_REFUSED");

    expect(await page.seen("stopped")).toMatchObject([{ code: "ERR_NEGOTIATE_REFUSED" }]);
    expect(await page.run("client.state")).toBe("stopped");
    expect([route.asked, page.errors]).toEqual([1, []]);
  });

  it.each<[string, number, Record<string, string>, string]>([
    ["503", 503, { "Retry-After": "0" }, ""],
    ["500 with a page of HTML", 500, { "Content-Type": "text/html" }, "<h1>Oh no</h1>"],
    ["a page of HTML", 200, { "Content-Type": "text/html" }, "<h1>Welcome</h1>"],
    ["half of its JSON", 200, { "Content-Type": "application/json" }, `{"url":"wss://secret`],
    ["a URL that is no WebSocket's", 200, {}, `{"url":"https://127.0.0.1/"}`],
  ])("%s, asks again, and connects", async (_, status, headers, body) => {
    const { page } = await open(badRoute(2, status, headers, body).serve);

    expect(await page.begin(hasty, "/bad")).toBe("started");

    const code = "ERR_NEGOTIATE_FAILED";
    expect(await page.seen("connect-failed")).toMatchObject([{ code }, { code }]);
    expect(page.errors).toEqual([]);
  });

  it("503 with Retry-After, waits for so long", async () => {
    const { page } = await open(badRoute(1, 503, { "Retry-After": "1" }, "").serve);

    expect(await page.begin(hasty, "/bad")).toBe("started");

    const [failure] = await page.seen("connect-failed");
    expect(failure?.retryInMs).toBeGreaterThanOrEqual(1000);
  });
});
