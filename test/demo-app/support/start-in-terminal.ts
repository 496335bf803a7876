import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { closeAfterTest } from "../../support/clean-up.ts";

const root = path.join(__dirname, "../../..");

/** The leader of a process group of its own, as a command in a terminal is. */
export function startInTerminal(): { child: ChildProcess; said: () => string; signal: Signal } {
  const child = spawn(process.execPath, ["--import", "tsx", "demo-app/main.ts"], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk) => {
      said += chunk;
    });
  }
  const signal: Signal = (name) => {
    try {
      return process.kill(-(child.pid ?? 0), name);
    } catch {
      return false;
    }
  };
  closeAfterTest({ close: () => signal("SIGKILL") });
  return { child, said: () => said, signal };
}

/** To every process of the terminal. @returns whether there was one */
type Signal = (name: NodeJS.Signals | 0) => boolean;
