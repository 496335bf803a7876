import { spawn } from "node:child_process";
import path from "node:path";
import { bundledProgram } from "../../support/bundled-program.ts";

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program of its own; one that does not end by itself is killed and has no exit code. */
export async function run(program: string, args: readonly string[] = []): Promise<Ended> {
  const file = path.join(__dirname, "../programs", program);
  const child = spawn(process.execPath, [bundledProgram(file), ...args], { timeout: 30_000 });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output: output.trim() };
}
