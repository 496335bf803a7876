import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { DOCTOR_OPTION_TABLE } from "../../src/cli/doctor-arguments.ts";
import { afterFile, closeAfterFile } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { runLine } from "./support/run-line.ts";

jest.setTimeout(30_000);

let eastus: Emulator;
let env: Record<string, string>;
let folder: string;
beforeAll(async () => {
  eastus = closeAfterFile(await startEmulator());
  env = { WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY: eastus.connectionString };
  folder = await mkdtemp(path.join(tmpdir(), "doctor-"));
  afterFile(() => rm(folder, { recursive: true, force: true }));
});

async function module(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}
const optionsText = () =>
  JSON.stringify({
    hub: "chat",
    endpoints: [{ name: "eastus", role: "primary", connectionString: eastus.connectionString }],
    negotiate: { allowAnonymous: true },
  });
const DOCTOR = ["doctor", "--check", "calls"];

test("the doctor's help tells every option, in lines of 100 characters at most", async () => {
  const { code, stdout } = await runLine(["doctor", "--help"]);
  expect(code).toBe(0);
  for (const name of Object.keys(DOCTOR_OPTION_TABLE)) expect(stdout).toContain(`  --${name} `);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});

test("the doctor looks at the endpoints of the environment, and prints a table", async () => {
  const { code, stdout, stderr } = await runLine([...DOCTOR, "--hub", "chat"], { env });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^ok {4}dns {5}eastus {2}127\.0\.0\.1 is an address$/m);
  expect(stdout).toMatch(/^ok {4}calls {3}eastus {2}6 test messages were accepted/m);
  expect(stdout).toMatch(/^Hub chat: 3 ok, 0 to know of, 0 failing, 1 not looked at, in .* s\.$/m);
});

test("what fails is exit code 1, with a remedy, and as JSON where that is asked for", async () => {
  const wrong = eastus.connectionString.replace(/AccessKey=[^;]+/, "AccessKey=wrong-key");
  const wrongEnv = { WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY: wrong };
  const line = [...DOCTOR, "--hub", "chat"];
  const table = await runLine(line, { env: wrongEnv });
  expect(table.code).toBe(1);
  expect(table.stdout).toMatch(
    /^FAIL {2}calls {3}eastus {2}6 of 6 .* status 401\n +-> the access/m,
  );
  const json = await runLine([...line, "--json"], { env: wrongEnv });
  expect(json.code).toBe(1);
  const { ok, counts, findings } = JSON.parse(json.stdout);
  expect([ok, counts.fail]).toEqual([false, 1]);
  expect(findings.at(-1)).toMatchObject({ check: "calls", subject: "eastus", status: "fail" });
  expect(table.stdout + json.stdout).not.toContain("wrong-key");
});

test("progress is shown on a terminal, and wiped away", async () => {
  const { stderr, stdout } = await runLine([...DOCTOR, "--hub", "chat"], { env, isTTY: true });
  expect(stderr.split("\r\x1b[K")).toEqual([
    "",
    "1/4 names lead somewhere",
    "2/4 certificates are trusted, and for how long",
    "3/4 health checks succeed",
    "4/4 key or identity is accepted, and messages are",
    "",
  ]);
  expect(stdout).toContain("\x1b[32mok  \x1b[39m");
});

test.each<[string, () => string]>([
  ["object.cjs", () => `module.exports = ${optionsText()};`],
  ["function.cjs", () => `module.exports = async () => (${optionsText()});`],
  ["compiled.cjs", () => `exports.default = ${optionsText()};`],
  ["named.cjs", () => `exports.options = ${optionsText()};`],
])(
  "options are taken from a module as in %s, and --hub counts before its own",
  async (name, text) => {
    const file = await module(name, text());
    const { code, stdout } = await runLine([...DOCTOR, "--options", file, "--hub", "news"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("Hub news: 3 ok")]);
  },
);

test.each<[string, string, RegExp]>([
  [
    "throws.cjs",
    'throw new Error("no\\u001b[2J SECRET_NAME\\nmore")',
    /Cannot load .*: no\\u\{1b\}/,
  ],
  ["fails.cjs", 'module.exports = () => { throw new Error("none") }', /has failed: none/],
  ["empty.cjs", "", /exports no options; write export default/],
  ["text.cjs", 'module.exports = "x"', /exports no options/],
  [
    "plugin.cjs",
    "module.exports = Object.assign(() => {}, { events: {}, endpoints: {} })",
    /exports a plugin; export the options/,
  ],
])("a module as in %s is one line on stderr, and exit code 1", async (name, text, message) => {
  const file = await module(name, text === "" ? "module.exports = undefined;" : text);
  const { code, stdout, stderr } = await runLine(["doctor", "--options", file]);
  expect([code, stdout, stderr.split("\n").length]).toEqual([1, "", 2]);
  expect(stderr).toMatch(message);
});

test("options that resilientPubSub would refuse are findings", async () => {
  const file = await module("bad.cjs", "module.exports = { hub: 1 };");
  const { code, stdout } = await runLine(["doctor", "--options", file]);
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^FAIL {2}options {2}hub /m)]);
});

test.each<[string[], string]>([
  [[], "--hub chat or --options FILE is needed."],
  [["--hub", "chat", "--check", "weather"], "--check: got"],
  [["--hub", "chat", "--public-url", "app.example"], "--public-url: got"],
  [["--hub", "chat", "--origin", "page"], "--origin: got"],
  [["--hub", "chat", "--timeout", "0"], "--timeout: got 0;"],
  [["--hub", "chat", "--timeout", "soon"], '--timeout: got "soon"; give a whole number.'],
  [["--hub", "chat", "--header", "s3cret"], '--header needs a name and a value: --header "Auth'],
])("doctor %j is one line on stderr, and exit code 2", async (argv, message) => {
  const { code, stdout, stderr } = await runLine(["doctor", ...argv], { env });
  expect([code, stdout, stderr.split("\n").length]).toEqual([2, "", 2]);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("s3cret");
});

test("a doctor without endpoints says what the environment lacks", async () => {
  const { code, stdout } = await runLine(["doctor", "--hub", "chat"], { env: {} });
  expect([code, stdout]).toEqual([1, expect.stringMatching(/endpoints .*endpointsFromEnv/)]);
});

test("a doctor that is asked to stop does so, and says so", async () => {
  const argv = ["doctor", "--hub", "chat"];
  const { code, stderr } = await runLine(argv, { env, stopSignal: AbortSignal.abort() });
  expect([code, stderr]).toEqual([1, "resilient-pubsub: Stopped before the end.\n"]);
});
