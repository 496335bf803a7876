import { readFile } from "node:fs/promises";
import path from "node:path";

const src = path.join(__dirname, "../../src");
// What TypeScript erases asks for nothing at run time.
const IMPORT =
  /^(?:import|export)\s(?!type\b)[^;]*?from\s+"([^"]+)"|\bimport\(\s*"([^"]+)"|^import\s+"([^"]+)"/gm;

/** The packages that a module needs, itself or through the modules it imports. */
async function packagesOf(
  file: string,
  seen = new Map<string, string[]>(),
): Promise<ReadonlySet<string>> {
  if (!seen.has(file)) {
    const found = (await readFile(file, "utf8")).matchAll(IMPORT);
    const names = [...found].map((match) => String(match[1] ?? match[2] ?? match[3]));
    seen.set(
      file,
      names.filter((name) => !name.startsWith(".")),
    );
    for (const name of names.filter((each) => each.startsWith("."))) {
      await packagesOf(path.join(path.dirname(file), name), seen);
    }
  }
  return new Set([...seen.values()].flat());
}

it.each([
  ["index.ts", { redis: false, blob: false }],
  ["emulator/index.ts", { redis: false, blob: false }],
  ["cli/main.ts", { redis: false, blob: false }],
  ["client/node.ts", { redis: false, blob: false }],
  ["stores/redis/redis-store.ts", { redis: true, blob: false }],
  ["stores/azure-blob/azure-blob-store.ts", { redis: false, blob: true }],
])("%s asks for the libraries of stores only if it is one", async (entry, expected) => {
  const packages = await packagesOf(path.join(src, entry));
  const redis = packages.has("redis");
  expect({ redis, blob: packages.has("@azure/storage-blob") }).toEqual(expected);
});
