import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { importsWithin, upwardImports } from "../support/imports.ts";

const root = path.join(__dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const pagesIn = (folder: string, recursive = false): string[] =>
  readdirSync(path.join(root, folder), { recursive, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !/(^|[\\/])node_modules[\\/]/.test(name))
    .map((name) => path.posix.join(folder, name.replaceAll(path.sep, "/")));

const all = [...pagesIn("."), ...pagesIn("docs", true), ...pagesIn("examples", true)];
const isGenerated = (page: string): boolean => page.startsWith("docs/api/");
const pages = all.filter((page) => !isGenerated(page));
const decisions = pages.filter((page) => page.startsWith("docs/decisions/"));

/** Where files are looked for that a page names: it leaves out the folder that it writes about. */
const BASES = [
  "",
  "src",
  "src/coordination",
  "src/client",
  "src/emulator",
  "demo-app",
  "demo-app/guided-drill",
  "test",
  "examples/nestjs",
];

const withoutBlocks = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, "");

const known = new Map<string, Set<string>>();

/** The anchors of a page, as GitHub makes them of its headings: the same one again gets a number. */
function anchorsOf(page: string): Set<string> {
  const anchors = known.get(page) ?? new Set<string>();
  if (known.has(page)) return anchors;
  known.set(page, anchors);
  for (const [, heading = ""] of withoutBlocks(read(page)).matchAll(/^#+ (.+)$/gm)) {
    const anchor = heading
      .replaceAll(/\]\([^)]*\)/g, "]")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    let times = 0;
    while (anchors.has(times === 0 ? anchor : `${anchor}-${times}`)) times += 1;
    anchors.add(times === 0 ? anchor : `${anchor}-${times}`);
  }
  return anchors;
}

function isBroken(page: string, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
  if (!existsSync(path.join(root, target))) return true;
  return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).has(anchor);
}

it.each(all)("every relative link in %s leads somewhere", (page) => {
  const links = [...withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) =>
    String(link),
  );
  const isRelative = (link: string): boolean => !/^[a-z]+:/.test(link);
  expect(links.filter((link) => isRelative(link) && isBroken(page, link))).toEqual([]);
});

it.each(pages)("every file that %s names exists", (page) => {
  const text = read(page);
  const itsPrograms = [...text.matchAll(/<!-- program: ([\w.-]+) -->/g)].map(([, name]) => name);
  const named = withoutBlocks(text).matchAll(/`(\.?\w[\w./-]*(?:\.(?:ts|mjs)|\/))`/g);
  const isMissing = (file: string): boolean =>
    !itsPrograms.includes(file) &&
    ![...BASES, path.dirname(page)].some((base) => existsSync(path.join(root, base, file)));
  expect([...named].map(([, file]) => String(file)).filter(isMissing)).toEqual([]);
});

const architecture = read("docs/architecture.md");

/** The steps of the ways: a file, and the functions in it. */
const steps = [...architecture.matchAll(/^\| `([\w./-]+\.ts)` \| ((?:`\w+`(?:, )?)+) \|/gm)].map(
  ([, file = "", names = ""]) => ({ file, names: names.match(/\w+/g) ?? [] }),
);

it("the ways through the files name functions that are in these files", () => {
  expect(steps.length).toBeGreaterThan(50);
  const missing = steps.flatMap(({ file, names }) => {
    const source = read(`src/${file}`);
    return names
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(source))
      .map((name) => `${name} in ${file}`);
  });
  expect(missing).toEqual([]);
});

it.each(["src", "src/emulator"])("the table of the layers of %s is in their order", (tree) => {
  const [, table = ""] = architecture.split(`<!-- layers of ${tree} -->`);
  const [rows = ""] = table.split("<!-- end of layers -->");
  const layers = [...rows.matchAll(/^\| `([\w-]+)(\/|\.ts)`/gm)].map(([, name, end]) =>
    end === "/" ? String(name) : "",
  );
  expect(upwardImports(importsWithin(path.join(root, tree)), layers)).toEqual([]);
});

it("every decision is numbered, and listed by its title", () => {
  const index = read("docs/decisions/README.md");
  const listed = decisions
    .filter((page) => !page.endsWith("README.md"))
    .map((page) => {
      const file = path.posix.basename(page);
      const number = file.slice(0, 3);
      const title = new RegExp(`^# ${number}\\. (.+)\n`).exec(read(page))?.[1];
      return `| ${number} | [${title}](${file}) |`;
    });
  expect(listed.filter((row) => !index.includes(row))).toEqual([]);
});
