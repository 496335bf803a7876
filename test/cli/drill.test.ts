import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DRILL_OPTION_TABLE } from "../../src/cli/drill-arguments.ts";
import { afterTest } from "../support/clean-up.ts";
import { startApp } from "./support/app-to-break.ts";
import { runLine } from "./support/run-line.ts";

jest.setTimeout(60_000);

const QUICK = ["--clients", "4", "--baseline", "0", "--settle", "0"];

test("the drill's help tells every option, in lines of 100 characters at most", async () => {
  const { code, stdout } = await runLine(["drill", "--help"]);
  expect(code).toBe(0);
  for (const name of Object.keys(DRILL_OPTION_TABLE)) expect(stdout).toContain(`  --${name} `);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});

test("a drill breaks the emulator, measures who moved, heals it and reports", async () => {
  const { eastus, url } = await startApp();
  const folder = await mkdtemp(path.join(tmpdir(), "drill-"));
  afterTest(() => rm(folder, { recursive: true, force: true }));
  const report = path.join(folder, "report.md");
  const { code, stdout, stderr } = await runLine([
    ...["drill", "--negotiate-url", `${url}/negotiate`, "--header", "x-user: ada", ...QUICK],
    ...["--emulator-admin", eastus.adminEndpoint ?? "", "--report", report, "--json"],
    ...["--send-url", `${url}/say`, "--send-every", "20"],
  ]);
  expect([code, stderr]).toEqual([
    0,
    [
      "Connecting 4 clients.",
      "Watching 4 clients for 0 ms.",
      "Breaking the region.",
      "Waiting until all clients have a connection.",
      "Healing the region.",
      `The report is in ${report}.`,
      "",
    ].join("\n"),
  ]);
  const { figures, sends, problems, isStopped } = JSON.parse(stdout);
  expect({ problems, isStopped }).toEqual({ problems: [], isStopped: false });
  expect(figures).toMatchObject({
    clients: 4,
    before: { eastus: 4 },
    after: { westus: 4 },
    affected: 4,
    stranded: 0,
    moves: { "eastus -> westus": 4 },
    withoutConnection: { count: 4 },
    sameConnection: 0,
    recovered: { yes: 0, no: 0 },
    ended: {},
  });
  expect(sends.accepted).toBeGreaterThan(0);
  expect((await fetch(`${eastus.endpoint}/api/health`)).status).toBe(200);
  const markdown = await readFile(report, "utf8");
  expect(markdown).toMatch(/^# Failover drill: passed\n/);
  expect(markdown).toContain("| moved | eastus -> westus: 4 |");
});

test.each<[string[], RegExp]>([
  [[], /The drill has ended: no client has connected: negotiate answers 401\.$/m],
  [
    ["--header", "x-user: ada", "--emulator-admin", "http://127.0.0.1:1/_emulator"],
    /The drill has ended: the admin route does not answer/,
  ],
])("a drill that cannot begin is exit code 1, and says why: %j", async (more, reason) => {
  const { url } = await startApp();
  const line = ["drill", "--negotiate-url", `${url}/negotiate`, ...QUICK, ...more];
  const { code, stdout, stderr } = await runLine(line);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(reason);
});

const URL = ["--negotiate-url", "http://127.0.0.1/negotiate"];

test.each<[string[], string]>([
  [[], "--negotiate-url https://app.example.com/negotiate is needed."],
  [["--negotiate-url", "app/negotiate?token=s3cret"], "--negotiate-url: give a URL"],
  [[...URL, "--clients", "0"], "--clients: got 0; give a whole number from 1 to 1000."],
  [[...URL, "--baseline", "soon"], '--baseline: got "soon"; give a whole number.'],
  [[...URL, "--fault", "crash"], "--fault needs --emulator-admin beside it."],
  [[...URL, "--emulator-admin", "https://chat.webpubsub.azure.com"], "on this machine only."],
  [[...URL, "--emulator-admin", "http://127.0.0.1:1", "--fault", "flood"], "--fault"],
])("drill %j is one line on stderr, and exit code 2", async (argv, message) => {
  const { code, stdout, stderr } = await runLine(["drill", ...argv]);
  expect([code, stdout, stderr.split("\n").length]).toEqual([2, "", 2]);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("s3cret");
});
