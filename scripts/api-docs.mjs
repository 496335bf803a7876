// `npm run docs:api` writes the API reference, from the comments of what the package exports. A folder may be named.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";

const root = fileURLToPath(new URL("../", import.meta.url));
// What typedoc would call them by their files, and the names by which they are imported.
const entries = new Map([
  ["index", "express-resilient-pubsub"],
  ["client/node", "express-resilient-pubsub/client"],
  ["doctor", "express-resilient-pubsub/doctor"],
  ["emulator", "express-resilient-pubsub/emulator"],
  ["telemetry/prometheus", "express-resilient-pubsub/prometheus"],
  ["stores/azure-blob/azure-blob-store", "express-resilient-pubsub/stores/azure-blob"],
  ["stores/redis/redis-store", "express-resilient-pubsub/stores/redis"],
]);
const files = [
  "index",
  "client/node",
  "doctor/index",
  "emulator/index",
  "telemetry/prometheus",
  "stores/azure-blob/azure-blob-store",
  "stores/redis/redis-store",
];

const out = process.argv[2] ?? `${root}docs/api`;
const app = await Application.bootstrapWithPlugins({
  entryPoints: files.map((file) => `${root}src/${file}.ts`),
  tsconfig: `${root}tsconfig.json`,
  // That is what `npm run typecheck` is for.
  skipErrorChecking: true,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  // What only says that optional members take undefined is of no use to read.
  intentionallyNotExported: ["AllowUndefined"],
  excludeInternal: true,
  excludeExternals: true,
  // Lines move with every change.
  disableSources: true,
  out,
  plugin: ["typedoc-plugin-markdown"],
  outputFileStrategy: "modules",
  parametersFormat: "table",
  readme: "none",
  hidePageHeader: true,
  hideBreadcrumbs: true,
  logLevel: "Warn",
});
const project = await app.convert();
if (project) {
  for (const entry of project.children) entry.name = entries.get(entry.name) ?? entry.name;
  app.validate(project);
  await app.generateOutputs(project);
  const written = readdirSync(out, { recursive: true }).filter((name) => name.endsWith(".md"));
  for (const name of written) correctAnchors(path.join(out, name));
}
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;

/** The plugin also counts names that are no headings: links to the only heading of a name need no number. */
function correctAnchors(file) {
  const text = readFileSync(file, "utf8");
  const headings = [...text.matchAll(/^#+ (\w+)$/gm)].map(([, name]) => name.toLowerCase());
  const isOnly = (anchor) => headings.filter((heading) => heading === anchor).length === 1;
  const correct = (link, anchor) => (isOnly(anchor) ? `](#${anchor})` : link);
  writeFileSync(file, text.replaceAll(/\]\(#(\w+)-1\)/g, correct));
}
