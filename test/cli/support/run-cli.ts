import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { bundledProgram } from "../../support/bundled-program.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";

const root = path.join(__dirname, "../../..");
const main = path.join(root, "src/cli/entry.ts");

export interface RunningCli {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves to the exit code, or to the signal that ended the process. */
  readonly ended: Promise<number | string | null>;
  /** Resolves to the connection string when it is printed. */
  connectionString(): Promise<string>;
}

/** The command line as a process of its own; it is killed after the test at the latest. */
export function runCli(argv: string[], { preload = [] as string[] } = {}): RunningCli {
  const imports = preload.flatMap((module) => ["--import", module]);
  const program = [...imports, bundledProgram(main), ...argv];
  const child = spawn(process.execPath, program, { cwd: root });
  closeAfterTest({ close: () => child.kill("SIGKILL") });
  const running = {
    child,
    stdout: "",
    stderr: "",
    ended: new Promise<number | string | null>((resolve) => {
      child.on("close", (code, signal) => resolve(code ?? signal));
    }),
    connectionString: () =>
      until(() => {
        if (child.exitCode !== null) throw new Error(`ended early: ${running.stderr}`);
        return /^ +Connection string +(\S+)$/m.exec(running.stdout)?.[1];
      }, 30_000),
  };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk) => {
      running[name] += chunk;
    });
  }
  return running;
}
