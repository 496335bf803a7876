import { closeAfterTest } from "../support/clean-up.ts";
import { startSlowLink } from "../support/slow-link.ts";
import { until } from "../support/until.ts";
import { useClientPage } from "./support.ts";

jest.setTimeout(90_000);

const open = useClientPage();

it("the client in a page of Chromium hears a large message over a slow link once, and blames nobody", async () => {
  const asked: unknown[] = [];
  const { eastus, pubsub, page, url } = await open((app) => {
    // Before the plugin, whose answers go on over the slow link.
    app.get("/slow-negotiate", async (req, res) => {
      asked.push(req.query.failed);
      const answer = (await (await fetch(`${url}/negotiate`)).json()) as { url: string };
      const slowUrl = new URL(answer.url);
      slowUrl.port = new URL(link.url).port;
      res.json({ ...answer, url: slowUrl.href });
    });
  });
  // At the end, no sooner: the page would complain of that.
  const link = closeAfterTest(await startSlowLink(eastus.endpoint, { down: 300_000 }));
  const quick = { keepAliveIntervalInMs: 1000, keepAliveTimeoutInMs: 2500 };
  await page.begin(quick, "/slow-negotiate");
  await pubsub.broadcast("x".repeat(1_000_000), { contentType: "text/plain" });
  await until(async () => (await page.heard("server-message")).length === 1, 60_000);
  const heard = await page.heard("server-message");
  expect(heard.map((data) => String(data).length)).toEqual([1_000_000]);
  expect(await page.seen("disconnected")).toEqual([]);
  expect(new Set(asked)).toEqual(new Set([undefined]));
});
