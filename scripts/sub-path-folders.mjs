// Who resolves without `exports` (TypeScript's node10, Parcel by default, older bundlers) looks for a sub-path as a folder.
// `npm pack` writes one for each, made of a `package.json` that points to the files in `dist`, and removes them afterwards.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const { exports: entries } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const subPaths = Object.keys(entries).filter(
  (name) => typeof entries[name] === "object" && name !== ".",
);

for (const subPath of subPaths) {
  if (process.argv.includes("--remove")) {
    const [, top] = subPath.split("/");
    rmSync(path.join(root, top), { recursive: true, force: true });
  } else {
    const folder = path.join(root, subPath);
    mkdirSync(folder, { recursive: true });
    const up = "../".repeat(subPath.split("/").length - 1);
    const manifest = `${JSON.stringify(manifestOf(entries[subPath], up), null, 2)}\n`;
    writeFileSync(path.join(folder, "package.json"), manifest);
  }
}

function manifestOf({ browser, node, ...entry }, up) {
  const { import: imported, require: required } = node ?? entry;
  const from = (file) => file.replace("./", up);
  return {
    main: from(required.default),
    module: from(imported.default),
    ...(browser && { browser: from(browser.import.default) }),
    types: from(required.types),
    sideEffects: false,
  };
}
