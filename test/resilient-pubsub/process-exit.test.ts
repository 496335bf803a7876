import { spawn } from "node:child_process";
import path from "node:path";
import { bundledProgram } from "../support/bundled-program.ts";

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program of its own; one that does not end by itself is killed and has no exit code. */
async function run(program: string): Promise<Ended> {
  const file = path.join(__dirname, "programs", program);
  const child = spawn(process.execPath, [bundledProgram(file)], { timeout: 30_000 });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output: output.trim() };
}

it("after close nothing is left behind, and the process exits by itself", async () => {
  const { code, output } = await run("open-and-close.ts");
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^\[.*\]$/) });
  expect(JSON.parse(output).filter((name: string) => /Timeout|TCP/.test(name))).toEqual([]);
}, 40_000);

it("a plugin that is never closed does not keep a process alive", async () => {
  const { code, output } = await run("never-closed.ts");
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/\ndone$/) });
  expect(output).toContain('[ERR_DOWN_AT_START] ResilientPubSubWarning: Endpoint "nowhere" of hub');
}, 40_000);
