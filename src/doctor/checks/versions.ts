import { createRequire } from "node:module";
import path from "node:path";
import { version as ownVersion } from "../../../package.json";
import { type Check, type DoctorContext, type Found, fail, pass, warn } from "../check.ts";

interface Dependency {
  readonly name: string;
  /** Versions that this package is tested with; major and least minor of each. */
  readonly supported: readonly (readonly [major: number, minor: number])[];
  /** Whether the configuration needs it. */
  readonly isNeeded: (context: DoctorContext) => boolean;
}

const usesStore = (context: DoctorContext, name: string): boolean => {
  const { coordination, history, topology } = context.configuration;
  const agreedBy = topology === "client-client" ? coordination.store : undefined;
  return [agreedBy, history?.store].some((store) => store?.description.startsWith(name));
};

const DEPENDENCIES: readonly Dependency[] = [
  {
    name: "express",
    supported: [
      [4, 21],
      [5, 0],
    ],
    isNeeded: () => true,
  },
  {
    name: "redis",
    supported: [
      [5, 12],
      [6, 0],
    ],
    isNeeded: (it) => usesStore(it, "redis"),
  },
  {
    name: "@azure/storage-blob",
    supported: [[12, 32]],
    isNeeded: (it) => usesStore(it, "blob"),
  },
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

function look({ name, supported }: Dependency): Found {
  const wanted = supported.map(([major, minor]) => `^${major}.${minor}`).join(" || ");
  const installed = versionOf(name, requireOfApp);
  if (installed === undefined) {
    return warn(
      `${name} is not installed in ${process.cwd()}`,
      `run this in the folder of the app, or npm install ${name}`,
    );
  }
  const [major, minor] = installed.split(".").map(Number);
  const fits = supported.some(([one, least]) => major === one && (minor ?? 0) >= least);
  if (fits) return pass(`${name} ${installed}`);
  return fail(`${name} ${installed} is not ${wanted}`, `npm install ${name}@"${wanted}"`);
}

const ownSdks = (): string =>
  OWN.map((name) => `${name} ${versionOf(name, requireOfOwn) ?? "(unknown)"}`).join(", ");

const requireOfApp = (): NodeJS.Require => createRequire(path.join(process.cwd(), "package.json"));
/** The SDKs are beside this package; from a bundle they are looked for as the app's. */
const requireOfOwn = (): NodeJS.Require =>
  typeof __filename === "string" ? createRequire(__filename) : requireOfApp();

/** Not every package exports its manifest: then it is looked for from the file that it begins with. */
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
