import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const root = path.join(__dirname, "../..");

/** Texts of all files in a folder, by their paths in it. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = files.map(async ({ parentPath, name }) => {
    const file = path.join(parentPath, name);
    return [path.relative(folder, file), await readFile(file, "utf8")] as const;
  });
  return Object.fromEntries(await Promise.all(contents));
}

// After a change: npm run docs:api
it("docs/api says what the comments of the exports say", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "api-"));
  try {
    await promisify(execFile)(process.execPath, ["scripts/api-docs.mjs", folder], { cwd: root });
    expect(await contentsOf(path.join(root, "docs/api"))).toEqual(await contentsOf(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}, 180_000);
