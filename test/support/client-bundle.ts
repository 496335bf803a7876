import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const root = path.join(__dirname, "../..");
const program = `
  import { buildClient } from "./test/support/build-client.ts";
  process.stdout.write(await buildClient());
`;

/** The client as an application would bundle it. Vite is made of modules that Jest cannot load. */
export async function bundleClient(): Promise<string> {
  const options = ["--import", "tsx", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: root });
  return stdout;
}
