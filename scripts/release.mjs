// `npm run release -- 0.2.0` makes the commit and the tag of a version, and says how to publish it.
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const version = process.argv[2] ?? "";
const tag = `v${version}`;
const git = (...parameters) => execFileSync("git", parameters, { encoding: "utf8" }).trim();

/** What speaks against a release, cheapest first; the first that does is said. */
const obstacles = [
  {
    isThere: () => !/^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/i.test(version),
    what: "Name a version such as 0.2.0: npm run release -- 0.2.0",
  },
  {
    isThere: () => git("branch", "--show-current") !== "main",
    what: "Releases are made on the branch main.",
  },
  {
    isThere: () => git("status", "--porcelain") !== "",
    what: "There are changes that are not committed.",
  },
  {
    isThere: () => git("tag", "--list", tag) !== "",
    what: `There is a tag ${tag} already.`,
  },
  {
    isThere: () => !releasesIn(readFileSync("CHANGELOG.md", "utf8")).includes(version),
    what: `CHANGELOG.md has no entry "## ${version}" with a date.`,
  },
  {
    isThere: () => !JSON.parse(readFileSync("package.json", "utf8")).repository,
    what: "package.json names no repository, by which npmjs.com finds what the README links to.",
  },
  {
    isThere: () => spawnSync(".ci/run", { stdio: "inherit" }).status !== 0,
    what: "The check .ci/run fails.",
  },
];

/** The versions that the changelog tells of as released. */
function releasesIn(changelog) {
  return [...changelog.matchAll(/^## (\S+) - \d{4}-\d\d-\d\d$/gm)].map(([, name]) => name);
}

/** The examples take the version that they are released with. */
function bumpExamples() {
  for (const example of readdirSync("examples", { withFileTypes: true })) {
    if (!example.isDirectory()) continue;
    const file = path.join("examples", example.name, "package.json");
    const range = /("express-resilient-pubsub": ")[^"]+/;
    writeFileSync(file, readFileSync(file, "utf8").replace(range, `$1^${version}`));
  }
}

const obstacle = obstacles.find(({ isThere }) => isThere());
if (obstacle) {
  console.error(obstacle.what);
  process.exitCode = 1;
} else {
  const bump = ["version", version, "--no-git-tag-version", "--allow-same-version", "--silent"];
  execFileSync("npm", bump, { shell: process.platform === "win32" });
  bumpExamples();
  git("commit", "--all", "--allow-empty", "--quiet", "--message", `Release ${version}`);
  git("tag", "--annotate", tag, "--message", `Version ${version}`);
  console.log(`\n${tag} is committed and tagged. To publish it:\n`);
  console.log("  git push --follow-tags origin main && npm publish");
}
