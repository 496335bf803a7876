import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { version } from "../../package.json";
import { EMULATOR_OPTION_TABLE } from "../../src/cli/emulator-arguments.ts";
import { Output } from "../../src/cli/output.ts";
import { run } from "../../src/cli/run.ts";
import { afterFile, afterTest } from "../support/clean-up.ts";
import { runLine as runLineWith } from "./support/run-line.ts";

/** Runs a command line that is asked to stop as soon as it waits. */
const runLine = (argv: string[]) => runLineWith(argv, { stopSignal: AbortSignal.abort() });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "cli-"));
  afterFile(() => rm(folder, { recursive: true, force: true }));
});

async function file(name: string, content: unknown): Promise<string> {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await writeFile(path.join(folder, name), text);
  return path.join(folder, name);
}

test.each([[["--help"]], [["-h"]], [["--help", "emulator"]], [["nonsense", "--help"]]])(
  "the command line %j lists the commands and exit codes",
  async (argv) => {
    const { code, stdout, stderr } = await runLine(argv);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: resilient-pubsub <command>.*\n {2}emulator .*Exit codes:/s);
  },
);

test.each([[["emulator", "--help"]], [["emulator", "--port", "-h", "--wrong"]]])(
  "the command line %j tells every option",
  async (argv) => {
    const { code, stdout, stderr } = await runLine(argv);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: resilient-pubsub emulator /);
    for (const name of Object.keys(EMULATOR_OPTION_TABLE)) expect(stdout).toContain(`  --${name} `);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  },
);

test.each([[["--version"]], [["emulator", "--version"]]])(
  "the command line %j tells the version",
  async (argv) => {
    expect(await runLine(argv)).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  },
);

test.each<[string[], string]>([
  [[], "A command is missing. See resilient-pubsub --help."],
  [["--port", "1"], "A command must come before --port. See resilient-pubsub --help."],
  [["emulate"], 'Unknown command "emulate". See resilient-pubsub --help.'],
  [["constructor"], 'Unknown command "constructor". See resilient-pubsub --help.'],
  [["emulator", "--prot"], "Unknown option --prot. See resilient-pubsub emulator --help."],
  [["emulator", "--\x1b[2J"], "Unknown option --\\u{1b}[2J. See resilient-pubsub emulator --help."],
  [
    ["emulator", "--allow-anonymous"],
    "--allow-anonymous needs a hub to be set up: --hub chat. See resilient-pubsub emulator --help.",
  ],
])("the command line %j is one line on stderr, and exit code 2", async (argv, line) => {
  expect(await runLine(argv)).toEqual({
    code: 2,
    stdout: "",
    stderr: `resilient-pubsub: ${line}\n`,
  });
});

describe("what cannot be started is one line on stderr, and exit code 1:", () => {
  test.each<[string, () => Promise<string[]>, RegExp]>([
    [
      "no such file",
      async () => ["--config", "no.json"],
      /Cannot read the config file no\.json: there is no such file\./,
    ],
    ["a folder as a file", async () => ["--config", folder], /: it is a folder\./],
    ["no JSON", async () => ["--config", await file("no.txt", "port=1")], /is not valid JSON/],
    [
      "a wrong option in the file",
      async () => ["--config", await file("wrong.json", { hubs: { a: { b: 1 } } })],
      /ERR_INVALID_OPTIONS: Invalid options for .*wrong\.json: hubs\.a\.b: unknown option; .*failedEvents\./,
    ],
    [
      "no certificate",
      async () => ["--tls-cert", "no.pem", "--tls-key", "no.key"],
      /Cannot read the certificate no\.pem: there is no such file\./,
    ],
    [
      "a bad certificate, and no TLS",
      async () => ["--port", "0", "--fault", '{"kind":"tls","certificate":"wrong"}'],
      /ERR_INVALID_OPTIONS: .*start the emulator with tls: true, or --tls/,
    ],
    [
      "a host that is not ours",
      async () => ["--host", "192.0.2.1"],
      /ERR_LISTEN_FAILED: .*192\.0\.2\.1.* \(EADDRNOTAVAIL\)/,
    ],
  ])("%s", async (_what, argv, message) => {
    const { code, stdout, stderr } = await runLine(["emulator", ...(await argv())]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(new RegExp(`^resilient-pubsub: .*${message.source}.*\\n$`));
  });
});

test("the emulator listens as the file says, unless the command line says something else", async () => {
  const options = { port: 0, accessKey: "of-the-file", hubs: { news: {} } };
  const config = await file("good.json", options);
  const { code, stdout, stderr } = await runLine(["emulator", "--config", config, "--hub", "chat"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/AccessKey=of-the-file;.*client\/hubs\/news\n.*client\/hubs\/chat\n/s);
  const other = await runLine(["emulator", "--config", config, "--access-key", "of-the-line"]);
  expect(other.stdout).toContain("AccessKey=of-the-line;");
});

test("a fault of the command line is there from the beginning on", async () => {
  const stopping = new AbortController();
  afterTest(() => stopping.abort());
  const lines: string[] = [];
  const status = new Promise<number>((resolve) => {
    const write = async (line: string) => {
      lines.push(line);
      const [, health] = /Health\s+(\S+)/.exec(line) ?? [];
      if (health) resolve((await fetch(health)).status);
    };
    void run(["emulator", "--port", "0", "--fault", "unhealthy", "--fault", "half-open"], {
      output: new Output({ writableLength: 0, write: (text) => void write(text) }),
      errors: new Output({ writableLength: 0, write: () => {} }),
      env: {},
      stopSignal: stopping.signal,
      importModule: async () => undefined,
    });
  });
  expect(await status).toBe(503);
  expect(lines.join("")).toMatch(/Broken +unhealthy, half-open\n/);
});

test("the port is free again after an interrupted run", async () => {
  const { stdout } = await runLine(["emulator", "--port", "0"]);
  const port = Number(/Endpoint=[^;]*:(\d+);/.exec(stdout)?.[1]);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => server.close(resolve));
});
