import path from "node:path";
import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { examples, folderOf, readExample } from "../examples/support/example-files.ts";
import { post, startExample } from "../examples/support/started-example.ts";
import { useBrowser } from "../support/browser.ts";
import { afterFile, afterTest } from "../support/clean-up.ts";
import { fixtures, PackedPackage } from "./support/packed-package.ts";
import { run } from "./support/run.ts";

jest.setTimeout(60_000);

const openTab = useBrowser();

let packed: PackedPackage;
beforeAll(async () => {
  packed = await PackedPackage.create();
  afterFile(() => packed.remove());
}, 120_000);

/** An example whose modules are those of the root, beside the packed package. */
async function install(example: string, modules: Record<string, string>): Promise<string> {
  const folder = path.relative(fixtures, folderOf(example));
  return packed.createConsumer([folder], { ...(await packed.dependencies()), ...modules });
}

it("minimal sends to its page", async () => {
  const example = await startExample(await install("minimal", { express: "express" }));
  const { page, errors } = await openTab(example.url);
  await page.locator("#endpoint").getByText("eastus").waitFor();
  await page.getByLabel("Message").fill("hello");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("listitem").getByText("hello").waitFor();
  expect(errors).toEqual([]);

  expect((await fetch(`${example.url}/negotiate`)).status).toBe(401);
  expect((await post(`${example.url}/messages`, {})).status).toBe(400);
  expect(await example.stop()).toBe(0);
});

it("commonjs-express4 lets its page in after a login, to both regions", async () => {
  const modules = ["cors", "express-session", "helmet"].map((name) => [name, name]);
  const folder = await install("commonjs-express4", {
    ...Object.fromEntries(modules),
    express: "express4",
  });
  const example = await startExample(folder, { PAGE_ORIGIN: "https://page.example" });
  const { page, errors } = await openTab(example.url);
  await page.getByLabel("Name").fill("ada");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("#endpoint").getByText("eastus").waitFor();
  await example.breakEastus();
  await page.locator("#endpoint").getByText("westus").waitFor();
  await page.getByLabel("Message").fill("hello");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("ada: hello").waitFor();
  expect(errors).toEqual([]);

  const stranger = await fetch(`${example.url}/negotiate`);
  expect(stranger.status).toBe(401);
  expect(stranger.headers.get("access-control-allow-origin")).toBe("https://page.example");
  expect((await fetch(`${example.url}/status`)).status).toBe(200);
  expect((await post(`${example.url}/messages`, { text: "hello" })).status).toBe(401);
  expect(await example.stop()).toBe(0);
});

it("testing-with-emulator starts, and its own tests pass", async () => {
  const folder = await install("testing-with-emulator", { express: "express" });
  const example = await startExample(folder);
  const client = new ResilientPubSubClient(`${example.url}/negotiate?user=ada`);
  afterTest(() => client.stop());
  await client.start();
  const heard = new Promise((resolve) => {
    client.on("server-message", ({ message }) => resolve(message.data));
  });
  expect((await post(`${example.url}/orders/ada/shipped`, {})).status).toBe(202);
  expect(await heard).toEqual({ shipped: true });
  await client.stop();
  expect(await example.stop()).toBe(0);

  const { stdout } = await run(folder, ["--test"]);
  expect(stdout).toMatch(/^\S+ pass 5$/m);
});

describe.each(examples)("the example %s", (example) => {
  const manifest = JSON.parse(readExample(example, "package.json"));

  it("depends on this version of the package", () => {
    const { version } = JSON.parse(readExample("..", "package.json"));
    expect(manifest.dependencies["express-resilient-pubsub"]).toBe(`^${version}`);
  });

  it("emulates regions as the others do, before a server that does not know of it", () => {
    expect(manifest.scripts.start).toMatch(
      /^node --import \.\/emulated-regions\.mjs (dist\/)?\w+\.js$/,
    );
    const file = "emulated-regions.mjs";
    expect(readExample(example, file)).toBe(readExample("minimal", file));
  });

  it("says by which two commands it starts, and is in the list", () => {
    expect(readExample(example, "README.md")).toContain("```sh\nnpm install\nnpm ");
    expect(readExample(".", "README.md")).toContain(`](${example}/README.md)`);
  });
});

it("where the environment names real regions, none is emulated", async () => {
  const folder = await install("minimal", {});
  const { stdout } = await run(folder, ["emulated-regions.mjs"], {
    WEB_PUBSUB_CONNECTION_STRING__NORTHEUROPE__PRIMARY: "Endpoint=https://x;AccessKey=y;",
  });
  expect(stdout).toBe("");
});
