// `npm run docs:api` writes the API reference, from the comments of what the package exports. A folder may be named.
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
  out: process.argv[2] ?? `${root}docs/api`,
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
}
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
