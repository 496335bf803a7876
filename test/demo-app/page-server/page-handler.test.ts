import express from "express";
import { pageHandler } from "../../../demo-app/page-server/page-handler.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { serve } from "../../support/serve.ts";

const files = [
  { name: "index.html", content: "<!doctype html><title>The page</title>" },
  { name: "assets/index-abc.js", content: "export {};" },
  { name: "assets/index-abc.css", content: "a{}" },
  { name: "assets/favicon-abc.svg", content: "<svg/>" },
];

async function startPage() {
  const app = express();
  app.use(pageHandler(files));
  app.use((_req, res) => void res.status(404).send("somebody else's"));
  const { url } = closeAfterTest(await serve(app));
  return (path: string, init?: RequestInit) => fetch(`${url}${path}`, init);
}

describe("the handler of the page", () => {
  it("serves the page uncached, with a policy that lets it load nothing from other sites", async () => {
    const get = await startPage();

    const page = await get("/?user=ada");

    expect(await page.text()).toContain("The page");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(page.headers.get("etag")).toMatch(/"/);
  });

  it.each([
    ["index-abc.js", "text/javascript; charset=utf-8"],
    ["index-abc.css", "text/css; charset=utf-8"],
    ["favicon-abc.svg", "image/svg+xml"],
  ])("serves %s as %s, cached for ever", async (name, type) => {
    const get = await startPage();

    const { headers } = await get(`/assets/${name}`);

    expect(headers.get("content-type")).toContain(type);
    expect(headers.get("cache-control")).toContain("immutable");
  });

  it.each([
    ["GET", "/assets/index-old.js"],
    ["GET", "/../package.json"],
    ["POST", "/"],
  ])("leaves %s %s to the next handler", async (method, path) => {
    const get = await startPage();

    expect(await (await get(path, { method })).text()).toBe("somebody else's");
  });
});
