import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

const [, , table = ""] =
  /<!-- threats -->\n(.*\n){2}([\s\S]*?)<!-- end of threats -->/.exec(read("SECURITY.md")) ?? [];
const rows = table
  .trim()
  .split("\n")
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| ?| \|$/g, "")));

it("the threat model is a table of assets, entries, attacks, what holds and tests", () => {
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((cells) => cells.length !== 5)).toEqual([]);
});

it.each(rows)("row %#: %s, by %s: %s", (...cells) => {
  const [, entry, attack, whatHolds, tests] = cells;
  for (const cell of [entry, attack, whatHolds]) expect(cell).toMatch(/\w/);
  const files = [...(tests ?? "").matchAll(/\]\((.*?)\)/g)].map(([, file]) => String(file));
  expect(files).not.toEqual([]);
  const isTest = (file: string): boolean =>
    /^test\/[\w/-]+\.test\.ts$/.test(file) && existsSync(path.join(root, file));
  expect(files.filter((file) => !isTest(file))).toEqual([]);
});

interface Locked {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

it("names what comes with the package, of which nothing has an install script", () => {
  const { dependencies } = JSON.parse(read("package.json"));
  const [, section = ""] = read("SECURITY.md").split("### Dependencies");
  for (const name of Object.keys(dependencies)) expect(section).toContain(`\`${name}\``);
  const { packages } = JSON.parse(read("package-lock.json"));
  const scripted = Object.entries<Locked>(packages)
    .filter(
      ([, { dev, devOptional, hasInstallScript }]) => hasInstallScript && !dev && !devOptional,
    )
    .map(([name]) => name);
  expect(scripted).toEqual([]);
});
