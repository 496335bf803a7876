import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../", import.meta.url));

/**
 * What a program costs that a new process runs, in milliseconds of the wall and of the processor. The clocks
 * run from the end of what it is prepared by until the program calls `stop()`.
 */
export function measureInFreshProcess(program, preparation = "") {
  const whole = `
    ${preparation}
    const cpu = () => process.cpuUsage().user + process.cpuUsage().system;
    const before = { wall: performance.now(), cpu: cpu() };
    const stop = () => {
      const wall = performance.now() - before.wall;
      console.log(JSON.stringify({ wall, cpu: (cpu() - before.cpu) / 1000 }));
    };
    ${program}
  `;
  const parameters = ["--input-type=module", "--eval", whole];
  const options = { cwd: folder, encoding: "utf8" };
  const { status, stdout, stderr } = spawnSync(process.execPath, parameters, options);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
