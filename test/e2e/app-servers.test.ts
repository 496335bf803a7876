import type { Express, Response } from "express";
import express from "express";
import { closeAfterTest } from "../support/clean-up.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { useClientPage } from "./support.ts";

jest.setTimeout(60_000);

const open = useClientPage();

const INTERVAL_IN_MS = 20_000;
const HOUR_IN_MS = 3_600_000;
const patient = { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 };

/** A page whose negotiate tells this as well, and what it was reviewed with. */
async function openReviewed(told: object) {
  const reviewed: string[] = [];
  const prepare = (app: Express): void => {
    app.get("/told", async (req, res) => {
      const answer = await fetch(`http://${req.headers.host}/negotiate`);
      res.json({ ...((await answer.json()) as object), grant: "grant", ...told });
    });
    app.get("/told/place", (req, res) => {
      reviewed.push(String(req.query.endpoint));
      res.status(204).end();
    });
  };
  return { ...(await open(prepare)), reviewed };
}

/** What a browser does when the user looks elsewhere, and back. */
const show = (visibilityState: "visible" | "hidden") => `
  Object.defineProperty(document, "visibilityState", { value: "${visibilityState}", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
`;

describe("the client in a page of Chromium", () => {
  it("that is looked at again asks at once whether it is to stay", async () => {
    const { page, reviewed } = await openReviewed({
      reviewAfterInMs: HOUR_IN_MS,
      reconnect: { spreadInMs: 0 },
    });
    await page.begin(patient, "/told");
    await page.run(show("hidden"));
    expect(reviewed).toEqual([]);
    await page.run(show("visible"));
    await until(() => reviewed.length === 1);
    expect(reviewed).toEqual(["eastus"]);
    expect(page.errors).toEqual([]);
  });

  it("that is online again asks at once whether it is to stay", async () => {
    const { page, reviewed } = await openReviewed({
      reviewAfterInMs: HOUR_IN_MS,
      reconnect: { spreadInMs: 0 },
    });
    await page.begin(patient, "/told");
    const context = page.tab.page.context();
    await context.setOffline(true);
    await page.tab.page.waitForFunction("!navigator.onLine");
    await context.setOffline(false);
    await until(() => reviewed.length === 1);
    expect(page.errors).toEqual([]);
  });

  it("that nobody looks at asks four times less often", async () => {
    const { page, url, reviewed } = await openReviewed({
      reviewAfterInMs: INTERVAL_IN_MS,
      reconnect: { spreadInMs: 0 },
    });
    const { clock } = page.tab.page;
    await clock.install();
    await page.tab.page.goto(`${url}/page`);
    await page.begin(patient, "/told");
    await page.run(show("hidden"));
    await clock.fastForward(INTERVAL_IN_MS);
    await until(() => reviewed.length === 1);
    await clock.fastForward(2.9 * INTERVAL_IN_MS);
    // By now, a review would have come before it.
    await page.run("fetch('/told/place?endpoint=page')");
    await clock.fastForward(1.2 * INTERVAL_IN_MS);
    await until(() => reviewed.length === 3);
    expect(reviewed).toEqual(["eastus", "page", "eastus"]);
    expect(page.errors).toEqual([]);
  });

  it("reads the pause that an app server of another origin asks for, and the spread that it tells", async () => {
    const { url, page, eastus } = await open();
    let isBusy = true;
    const app = express().use((_req, res, next) => {
      res.set("Access-Control-Allow-Origin", "*");
      res.set("Access-Control-Expose-Headers", "Reconnect-Spread-In-Ms");
      next();
    });
    app.get("/negotiate", async (_req, res) => {
      if (isBusy) return void refuse(res);
      const answer = await fetch(`${url}/negotiate`);
      res.json({ ...((await answer.json()) as object), grant: "grant", reviewAfterInMs: 100 });
    });
    let reviews = 0;
    app.get("/negotiate/place", (_req, res) => {
      reviews += 1;
      res.status(204).set("Reconnect-Spread-In-Ms", "0").end();
    });
    const other = closeAfterTest(await serve(app));

    const starting = page.begin(
      { ...patient, reconnectSpreadInMs: HOUR_IN_MS },
      `${other.url}/negotiate`,
    );
    await until(async () => (await page.seen("connect-failed")).length === 1);
    const [failure] = await page.seen("connect-failed");
    expect(failure?.retryInMs).toBeGreaterThanOrEqual(1500);
    isBusy = false;
    expect(await starting).toBe("started");
    // The first has been read by then.
    await until(() => reviews > 1);
    await eastus.inject({ kind: "crash" });
    await page.isOn("westus");
  });

  it("passes by an app server whose firewall refuses it without a word to other origins", async () => {
    const { url, page } = await open();
    const firewall = closeAfterTest(
      await serve((_req, res) => res.writeHead(403, { "Content-Type": "text/html" }).end("<h1>")),
    );
    expect(await page.run(`begin(["${firewall.url}/negotiate", "${url}/negotiate"], {})`)).toBe(
      "started",
    );
    await page.isOn("eastus");
    expect(await page.seen("connect-failed")).toEqual([]);
  });
});

function refuse(res: Response): void {
  res
    .status(503)
    .set("Retry-After", "2")
    .type("application/problem+json")
    .send('{"code":"ERR_OVERLOADED","retryAfterInMs":1500}');
}
