import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import express from "express";
import jwt from "jsonwebtoken";
import { programOf, runProgram } from "../docs/support/page-program.ts";
import { asEnv, freePort } from "../docs/support/snippets.ts";
import { useBrowser } from "../support/browser.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { bundleClient } from "../support/client-bundle.ts";
import { startEmulator } from "../support/emulator.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { ClientPage, PAGE, PAGE_SCRIPT } from "./support.ts";

jest.setTimeout(60_000);

const execute = promisify(execFile);
const JWT_SECRET = "a secret of the app's tokens, and nobody else's";
const program = programOf("docs/existing-app.md", "existing-app");
const openTab = useBrowser();
const clientCode = bundleClient();

/** The app of the docs, with two regions and a page of another origin. */
async function start(surroundings: Parameters<typeof runProgram>[1] = {}) {
  const PORT = await freePort();
  const app = `http://127.0.0.1:${PORT}`;
  const urlTemplate = `${app}/api/webpubsub/hubs/{hub}/`;
  const hubs = { chat: { eventHandlers: [{ urlTemplate, userEventPattern: "*" }] } };
  const eastus = closeAfterTest(await startEmulator({ hubs }));
  const westus = closeAfterTest(await startEmulator({ hubs }));
  const pages = express()
    .get("/", (_req, res) => void res.type("html").send(PAGE))
    .get("/page.js", (_req, res) => void res.type("js").send(PAGE_SCRIPT))
    .get("/client.js", (_req, res) => void res.type("js").send(clientCode));
  const { url: page } = closeAfterTest(await serve(pages));
  await runProgram(program, {
    ...surroundings,
    env: {
      ...asEnv([eastus, westus]),
      PORT,
      PAGE_ORIGIN: page,
      SESSION_SECRET: "a secret of the sessions",
      JWT_SECRET,
    },
  });
  await until(() => fetch(`${app}/`).catch(() => undefined));
  return { app, page, eastus, westus };
}

describe("the app of docs/existing-app.md", () => {
  it("lets a page of the other origin in by its session, and no page of a third", async () => {
    const { app, page } = await start();
    const tab = await openTab(page);
    await tab.page.context().request.post(`${app}/login`, { data: { user: "ada" } });
    const client = new ClientPage(tab);
    const options = { negotiateRequest: { credentials: "include" as const } };
    expect(await client.begin(options, `${app}/api/negotiate`)).toBe("started");
    await client.run(`client.sendEvent("say", "hello", "text")`);
    await until(async () => (await client.heard("server-message")).length > 0);
    expect(await client.heard("server-message")).toEqual([{ from: "ada", text: "hello" }]);
    expect(client.errors).toEqual([]);

    const third = await openTab(page.replace("127.0.0.1", "localhost"));
    const asked = third.page.evaluate(
      `fetch("${app}/api/negotiate").then(() => "let in", () => "kept out")`,
    );
    expect(await asked).toBe("kept out");
  });

  it("lets its own page, with the policy of helmet, connect to both regions", async () => {
    const files = {
      "public/index.html": PAGE,
      "public/page.js": PAGE_SCRIPT,
      "public/client.js": clientCode,
    };
    const { app, eastus } = await start({ files });
    const tab = await openTab(`${app}/`);
    await tab.page.context().request.post(`${app}/login`, { data: { user: "ada" } });
    const client = new ClientPage(tab);
    expect(await client.begin({}, "/api/negotiate")).toBe("started");
    await client.isOn("eastus");
    await eastus.inject({ kind: "crash" });
    await client.isOn("westus");
    expect(client.errors).toEqual([]);
  });

  it("answers the commands that the page has to try it", async () => {
    const page = readFileSync(path.join(__dirname, "../../docs/existing-app.md"), "utf8");
    const [, commands = ""] = /```sh\n(curl [\s\S]*?)```/.exec(page) ?? [];
    const { app } = await start();
    const cwd = await mkdtemp(path.join(tmpdir(), "existing-app-"));
    afterTest(() => rm(cwd, { recursive: true, force: true }));
    const script = commands.replaceAll("http://localhost:3000", app);
    const { stdout } = await execute("bash", ["-ec", script], { cwd });
    expect(stdout).toMatch(/"endpoint":"eastus".*"delivered":\["eastus","westus"\]/);
  });

  it.each<[string, Parameters<typeof runProgram>[1]]>([
    ["Express 5", {}],
    ["Express 4", { express: "express4" }],
    ["Express 5, in CommonJS", { format: "cjs" }],
  ])(
    "takes tokens, refuses strangers, and limits other routes alone, with %s",
    async (_, surroundings) => {
      const { app } = await start(surroundings);
      const negotiate = (headers: Record<string, string> = {}) =>
        fetch(`${app}/api/negotiate`, { headers });
      const bearer = (secret: string) => ({
        Authorization: `Bearer ${jwt.sign({ sub: "ada" }, secret)}`,
      });
      const admitted = await negotiate(bearer(JWT_SECRET));
      expect([admitted.status, await admitted.json()]).toMatchObject([200, { endpoint: "eastus" }]);
      expect((await negotiate(bearer("another"))).status).toBe(401);
      const repeat = (ask: () => Promise<Response>) =>
        Promise.all(Array.from({ length: 110 }, ask));
      const strangers = await repeat(() => negotiate());
      expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([401]));
      const others = await repeat(() => fetch(`${app}/nowhere`));
      expect(others.at(-1)?.status).toBe(429);
      expect((await negotiate(bearer(JWT_SECRET))).status).toBe(200);
    },
  );
});
