import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const dependencies = fileURLToPath(new URL("../../node_modules", import.meta.url));
const UNPACK = 'require("@sparticuz/chromium").executablePath()';

/** It is made for one system only. */
export const isUnpackable = process.platform === "linux" && process.arch === "x64";

/** The Chromium among the dependencies, with the libraries that systems without a desktop lack. */
export async function unpackChromium() {
  const manifest = path.join(dependencies, "@sparticuz/chromium/package.json");
  const { version } = JSON.parse(await readFile(manifest, "utf8"));
  const folder = path.join(dependencies, ".cache", `chromium-${version}`);
  if (!existsSync(folder)) await unpackInto(folder);
  return {
    executablePath: path.join(folder, "chromium"),
    env: { LD_LIBRARY_PATH: path.join(folder, "al2023/lib") },
  };
}

/** Others may be at it too, and must not find half of it: it appears there when it is complete. */
async function unpackInto(folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  const scratch = await mkdtemp(`${folder}-`);
  try {
    // It unpacks into the system's temporary folder, and the libraries only on Amazon's machines.
    const env = { ...process.env, TMPDIR: scratch, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" };
    await promisify(execFile)(process.execPath, ["--eval", UNPACK], { cwd: dependencies, env });
    await rename(scratch, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
