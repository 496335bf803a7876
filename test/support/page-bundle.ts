import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import type { PageFile } from "../../demo-app/page-server/bundle-page.ts";

const root = path.join(__dirname, "../..");
const program = `
  import { bundlePage } from "./demo-app/page-server/bundle-page.ts";
  process.stdout.write(JSON.stringify(await bundlePage()));
`;

/** The page as the demo serves it. Vite is made of modules that Jest cannot load. */
export async function bundlePage(): Promise<PageFile[]> {
  const options = ["--import", "tsx", "--input-type=module", "--eval", program];
  const limits = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, options, limits);
  return JSON.parse(stdout);
}
