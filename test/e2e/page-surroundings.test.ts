import { until } from "../support/until.ts";
import { useClientPage } from "./support.ts";

jest.setTimeout(60_000);

const open = useClientPage();

describe("the client in a page of Chromium", () => {
  it("whose Content Security Policy forbids the endpoints says so at once, and blames nobody", async () => {
    const asked: unknown[] = [];
    const { page } = await open((app) => {
      app.use("/negotiate", (req, _res, next) => {
        asked.push(req.query.failed);
        next();
      });
      app.use("/page", (_req, res, next) => {
        res.setHeader("Content-Security-Policy", "connect-src 'self'");
        next();
      });
    });
    const beginning = page.begin();
    await until(async () => (await page.seen("connect-failed")).length >= 2);
    await page.run("client.stop()");
    expect(await beginning).toBe("ERR_CLIENT_STOPPED");
    expect(asked.slice(0, 2)).toEqual([undefined, undefined]);
    const [failure] = await page.seen("connect-failed");
    expect(failure).toMatchObject({ code: "ERR_CONNECT_FAILED", endpoint: "eastus" });
    expect(failure?.error).toBe(
      "The connection to eastus was forbidden by the page (Content Security Policy, connect-src).",
    );
  });

  it("works in a module worker, and in one that is made of a blob", async () => {
    const { page, url } = await open((app) => {
      app.get("/worker.js", (_req, res) => void res.type("js").send(worker("/client.js")));
    });
    const begin = (source: string) => `new Promise((resolve, reject) => {
      const worker = new Worker(${source}, { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(message);
    })`;
    const blob = `URL.createObjectURL(new Blob([${JSON.stringify(worker(`${url}/client.js`))}], { type: "text/javascript" }))`;
    expect(await page.run(begin(`"/worker.js"`))).toBe("eastus");
    expect(await page.run(begin(blob))).toBe("eastus");
    expect(page.errors).toEqual([]);
  });
});

const worker = (client: string) => `import { ResilientPubSubClient } from "${client}";
  const client = new ResilientPubSubClient("/negotiate");
  client.start().then(() => postMessage(client.endpoint), (error) => postMessage(String(error)));`;
