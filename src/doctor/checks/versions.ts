import { createRequire } from "node:module";
import path from "node:path";
import { version as ownVersion, peerDependencies } from "../../../package.json";
import { type Check, type DoctorContext, type Found, fail, pass, warn } from "../check.ts";

interface Dependency {
  readonly name: keyof typeof peerDependencies;
  /** Whether the configuration needs it. */
  readonly isNeeded: (context: DoctorContext) => boolean;
}

const usesStore = (context: DoctorContext, name: string): boolean => {
  const { coordination, history, topology } = context.configuration;
  const agreedBy = topology === "client-client" ? coordination.store : undefined;
  return [agreedBy, history?.store].some((store) => store?.description.startsWith(name));
};

const DEPENDENCIES: readonly Dependency[] = [
  { name: "express", isNeeded: () => true },
  { name: "redis", isNeeded: (it) => usesStore(it, "redis") },
  { name: "@azure/storage-blob", isNeeded: (it) => usesStore(it, "blob") },
];
/** Those of this package, of which there is the version that it came with. */
const OWN = ["@azure/web-pubsub", "@azure/web-pubsub-express", "ws"];

/** What is installed where the command runs, and what this package needs. */
export const versionsCheck: Check = {
  id: "versions",
  title: "versions fit each other",
  run: async (context) => [
    pass(`express-resilient-pubsub ${ownVersion}, Node ${process.versions.node}, ${ownSdks()}`),
    ...DEPENDENCIES.filter(({ isNeeded }) => isNeeded(context)).map(look),
  ],
};

function look({ name }: Dependency): Found {
  const wanted = peerDependencies[name];
  const installed = versionOf(name, requireOfApp);
  if (installed === undefined) {
    return warn(
      `${name} is not installed in ${process.cwd()}`,
      `run this in the folder of the app, or npm install ${name}`,
    );
  }
  if (fits(installed, wanted)) return pass(`${name} ${installed}`);
  return fail(`${name} ${installed} is not ${wanted}`, `npm install ${name}@"${wanted}"`);
}

/** By major and minor; all ranges of the manifest are of the kind `^4.21 || ^5`. */
export function fits(installed: string, range: string): boolean {
  const [major, minor = 0] = installed.split(".").map(Number);
  return range.split("||").some((part) => {
    const [, wantedMajor, least = "0"] = /^\^(\d+)(?:\.(\d+))?/.exec(part.trim()) ?? [];
    return major === Number(wantedMajor) && minor >= Number(least);
  });
}

const ownSdks = (): string =>
  OWN.map((name) => `${name} ${versionOf(name, requireOfOwn) ?? "(unknown)"}`).join(", ");

const requireOfApp = (): NodeJS.Require => createRequire(path.join(process.cwd(), "package.json"));
/** The SDKs are beside this package; from a bundle they are looked for as the app's. */
const requireOfOwn = (): NodeJS.Require =>
  typeof __filename === "string" ? createRequire(__filename) : requireOfApp();

/** Read from the folder of the package, since not every one exports its manifest. */
function versionOf(name: string, load: () => NodeJS.Require): string | undefined {
  try {
    const require = load();
    for (const folder of require.resolve.paths(name) ?? []) {
      try {
        return String(require(path.join(folder, name, "package.json")).version);
      } catch {
        // It is in another of these folders.
      }
    }
    return undefined;
  } catch {
    return undefined;
  }
}
