import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const script = path.join(__dirname, "../../scripts/release.mjs");

const EXAMPLE = "examples/minimal/package.json";
const exampleWith = (range: string) => ({
  dependencies: { express: "^5.3.0", "express-resilient-pubsub": range },
});

let template: string;
let home: string;
const env = {
  ...process.env,
  GIT_AUTHOR_NAME: "ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
};
const git = async (...parameters: string[]) =>
  (await execute("git", parameters, { cwd: home, env })).stdout.trim();
const write = (file: string, text: string) => writeFile(path.join(home, file), text);
const version = async () =>
  JSON.parse(await readFile(path.join(home, "package.json"), "utf8")).version;

beforeAll(async () => {
  template = await mkdtemp(path.join(tmpdir(), "release-"));
  home = template;
  await git("init", "--quiet", "--initial-branch=main");
  await mkdir(path.join(home, ".ci"));
  await mkdir(path.join(home, "examples/minimal"), { recursive: true });
  await write(EXAMPLE, JSON.stringify(exampleWith("^0.1.0"), null, 2));
  const manifest = { name: "released", version: "0.1.0", repository: "github:ada/released" };
  await write("package.json", JSON.stringify(manifest));
  await write(
    "CHANGELOG.md",
    "## 0.3.0 - unreleased\n\n## 0.2.0 - 2026-02-01\n\n## 0.1.0 - 2026-01-01\n",
  );
  await write(".ci/run", "#!/bin/sh\n");
  await chmod(path.join(home, ".ci/run"), 0o755);
  await git("add", ".");
  await git("commit", "--quiet", "--message", "Begin");
});
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "release-"));
  await cp(template, home, { recursive: true });
});
afterEach(() => rm(home, { recursive: true }));
afterAll(() => rm(template, { recursive: true }));

/** @returns How the script ended, and what it said. */
async function release(...parameters: string[]) {
  return execute(process.execPath, [script, ...parameters], { cwd: home, env }).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    ({ code, stderr }) => ({ code, said: stderr.trim() }),
  );
}

it("a release is a commit with the version and a tag, and is left to be published", async () => {
  const { code, said } = await release("0.2.0");
  expect(code).toBe(0);
  expect(said).toContain("git push --follow-tags origin main && npm publish");
  expect(await version()).toBe("0.2.0");
  expect(await git("log", "--format=%s")).toBe("Release 0.2.0\nBegin");
  expect(await git("describe")).toBe("v0.2.0");
  expect(await git("status", "--porcelain")).toBe("");
});

it("the examples of a release take its version", async () => {
  await release("0.2.0");
  const manifest = await readFile(path.join(home, EXAMPLE), "utf8");
  expect(JSON.parse(manifest)).toEqual(exampleWith("^0.2.0"));
});

it("the version that the manifest has already can be released", async () => {
  expect(await release("0.1.0")).toMatchObject({ code: 0 });
  expect(await git("describe")).toBe("v0.1.0");
});

it.each<{ what: string; wanted?: string; prepare?: () => Promise<unknown>; said: string }>([
  { what: "without a version", wanted: "", said: "Name a version such as 0.2.0" },
  { what: "of something else", wanted: "next", said: "Name a version such as 0.2.0" },
  {
    what: "on another branch",
    prepare: () => git("switch", "--quiet", "--create", "idea"),
    said: "Releases are made on the branch main.",
  },
  {
    what: "of a changed tree",
    prepare: () => write("new.txt", "new"),
    said: "There are changes that are not committed.",
  },
  {
    what: "of a version that was released",
    prepare: () => git("tag", "v0.2.0"),
    said: "There is a tag v0.2.0 already.",
  },
  {
    what: "that the changelog does not tell of",
    wanted: "0.4.0",
    said: 'CHANGELOG.md has no entry "## 0.4.0" with a date.',
  },
  {
    what: "that the changelog gives no date",
    wanted: "0.3.0",
    said: 'CHANGELOG.md has no entry "## 0.3.0" with a date.',
  },
  {
    what: "whose README would lead nowhere from npmjs.com",
    prepare: async () => {
      await write("package.json", JSON.stringify({ name: "released", version: "0.1.0" }));
      await git("commit", "--quiet", "--all", "--message", "Leave out the repository");
    },
    said: "package.json names no repository",
  },
  {
    what: "when the check fails",
    prepare: async () => {
      await write(".ci/run", "#!/bin/sh\nexit 1\n");
      await git("commit", "--quiet", "--all", "--message", "Break");
    },
    said: "The check .ci/run fails.",
  },
])("a release $what is refused, and changes nothing", async ({ wanted, prepare, said }) => {
  await prepare?.();
  const { code, said: answer } = await release(wanted ?? "0.2.0");
  expect({ code, answer }).toEqual({ code: 1, answer: expect.stringContaining(said) });
  expect(await version()).toBe("0.1.0");
});
