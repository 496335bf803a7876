import { readFileSync } from "node:fs";
import path from "node:path";
import { until } from "../support/until.ts";
import { programOf, runProgram } from "./support/page-program.ts";
import { sentencesOf, wordsOf } from "./support/prose.ts";
import { freePort, isHeardBy, startRegionsForSnippets, twoRegions } from "./support/snippets.ts";

// Each program is a process of its own, which takes its time to start on a busy machine.
jest.setTimeout(30_000);

const root = path.join(__dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const readme = read("README.md");

it("the README has less than 1,400 words, tables and links included, code blocks not", () => {
  expect(wordsOf(readme).length).toBeLessThan(1400);
});

it.each([
  "README.md",
  "docs/client.md",
  "docs/coming-from.md",
  "docs/compatibility.md",
  "docs/continuity.md",
  "docs/demo.md",
  "docs/existing-app.md",
  "docs/failover.md",
  "docs/reference.md",
  "docs/review.md",
  "docs/testing.md",
  "docs/topologies.md",
  "docs/upstream.md",
  "docs/when-to-use.md",
])("no sentence of %s has 25 words or more", (page) => {
  const isLong = (sentence: string): boolean => wordsOf(sentence).length >= 25;
  expect(sentencesOf(read(page)).filter(isLong)).toEqual([]);
});

it("every figure of the README's table of numbers is one of the benchmarks", () => {
  const [, section = ""] = /^## Numbers\n([\s\S]*?)^## /m.exec(readme) ?? [];
  const results = section.split("\n").map((line) => line.split(" | ")[1] ?? "");
  const figures = results.flatMap((result) => result.match(/\d[\d.,]*\d/g) ?? []);
  expect(figures.length).toBeGreaterThan(10);
  const benchmarks = read("docs/benchmarks.md");
  const isKnown = (figure: string): boolean =>
    new RegExp(`(?<![\\d.,])${figure.replaceAll(".", "\\.")}(?![\\d]|[.,]\\d)`).test(benchmarks);
  expect(figures.filter((figure) => !isKnown(figure))).toEqual([]);
});

it.each(["express", "express4"] as const)(
  "the README's app.mjs, with %s, serves negotiate and broadcasts, and outlives all regions",
  async (express) => {
    const [eastus, westus] = await twoRegions();
    const connectionStrings = [eastus, westus].map((region) => `"${region?.connectionString}"`);
    const port = await freePort();
    const code = programOf("README.md", "app.mjs")
      .replaceAll(/emulator\(808[12]\)/g, () => connectionStrings.shift() ?? "")
      .replace("listen(3000,", `listen(${port},`);
    await runProgram(code, { express, isToComplain: true });
    const app = `http://127.0.0.1:${port}`;
    const negotiate = () => fetch(`${app}/negotiate`).catch(() => undefined);
    const notify = () => fetch(`${app}/notify`, { method: "POST" });
    expect(await (await until(negotiate)).json()).toMatchObject({ endpoint: "eastus" });
    expect(await (await notify()).json()).toMatchObject({ delivered: ["eastus", "westus"] });
    for (const region of [eastus, westus]) await region?.inject({ kind: "crash" });
    await until(async () => (await notify()).status === 500);
    await eastus?.clear();
    await until(async () => (await notify()).status === 200);
  },
);

it("the README's client.mjs prints what the server says, and that it has moved", async () => {
  const { pubsub, eastus, url } = await startRegionsForSnippets();
  const code = programOf("README.md", "client.mjs").replace(":3000", `:${new URL(url).port}`);
  const client = await runProgram(code, {});
  await isHeardBy(client, pubsub, "hello client");
  await eastus.inject({ kind: "crash" });
  await isHeardBy(client, pubsub, "still there?");
  await until(() => /^eastus westus \d+$/m.test(client.output));
});
